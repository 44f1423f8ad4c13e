import { parseXml } from "../../../storage/s3/parse_xml.ts";
import { assertEquals, assertThrows } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

test("parseXml() reads elements, text and references", () => {
  const text = `<?xml version="1.0" encoding='UTF-8'?>
    <A xmlns="http://x/"><B>1 &lt; 2 &amp;amp; &#65;&#x1F600;</B><C/>
    <D q='"'>x<E>y</E>z</D ></A>\n`;
  const { name, children } = parseXml(text);
  assertEquals(name, "A");
  assertEquals(children, [
    { name: "B", text: "1 < 2 &amp; A\u{1F600}", children: [] },
    { name: "C", text: "", children: [] },
    {
      name: "D",
      text: "xz",
      children: [{ name: "E", text: "y", children: [] }],
    },
  ]);
});

const MALFORMED = {
  "nothing": "",
  "text alone": "hello",
  "an open element": "<A>",
  "another end": "<A></B>",
  "an end alone": "</A>",
  "an end too many": "<A></A></A>",
  "two elements": "<A/><B/>",
  "text after it": "<A/>x",
  "a document type": "<!DOCTYPE A [<!ENTITY b 'c'>]><A>&b;</A>",
  "a comment": "<A><!-- x --></A>",
  "a section": "<A><![CDATA[x]]></A>",
  "an unknown entity": "<A>&nbsp;</A>",
  "an inherited name": "<A>&constructor;</A>",
  "an open entity": "<A>&lt</A>",
  "a bare ampersand": "<A>a & b</A>",
  "no character": "<A>&#0;</A>",
  "too large a character": "<A>&#x110000;</A>",
  "an end with a slash": "<A></A/>",
};

for (const [what, text] of Object.entries(MALFORMED)) {
  test(`parseXml() refuses ${what}`, () => {
    assertThrows(() => parseXml(text), SyntaxError, "Cannot read XML because");
  });
}
