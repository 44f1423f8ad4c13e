/** Power is cut at storage call number `at`: this one and all later fail. */
export function cutAt(at: number): { onCall: () => void; calls: number } {
  const cut = {
    calls: 0,
    onCall() {
      if (cut.calls++ >= at) throw new Error("power was cut");
    },
  };
  return cut;
}
