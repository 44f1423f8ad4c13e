import {
  element,
  linePath,
  textElement,
} from "../../../cli/lab/svg_element.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

test("element() escapes attributes and textElement() its text", () => {
  assertEquals(
    element("g", { id: '"a" & <b>' }, textElement("1 < 2 & 3 > 2", 1.25, 2)),
    '<g id="&quot;a&quot; &amp; &lt;b&gt;"><text x="1.3" y="2">' +
      "1 &lt; 2 &amp; 3 &gt; 2</text></g>",
  );
  assertEquals(element("rect", { x: 0.04 }), '<rect x="0"/>');
});

test("linePath() goes from point to point", () => {
  assertEquals(linePath([[1, 2], [3.14, 4]]), "M1 2L3.1 4");
});
