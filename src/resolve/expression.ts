/** `%(cores * 2)`: what uWSGI does with a placeholder that has a blank in it. */

/**
 * The value of an expression: words from left to right, joined unless `+ - * /` stands between them;
 * `++` and `--` change what is there by one. Digits are themselves, other words are names; a name that
 * is not set counts as nothing, or as 0 where a number is needed. 64-bit; division by 0 gives 0.
 * @param lookup the value of a name
 * @returns undefined when there is no word at all
 */
export function evaluate(
  text: string,
  lookup: (name: string) => string | undefined,
): string | undefined {
  let current: string | undefined;
  let operator: string | undefined;
  for (const word of text.split(" ").filter((part) => part !== "")) {
    if (/^[+\-*/]$/.test(word)) {
      operator = word;
      continue;
    }
    if (word === "++" || word === "--") {
      if (current !== undefined) current = calculate(current, word === "++" ? "+" : "-", "1");
      operator = undefined;
      continue;
    }
    const value: string = /^\d+$/.test(word) ? word : (lookup(word) ?? "");
    current =
      operator === undefined ? (current ?? "") + value : calculate(current, operator, value);
    operator = undefined;
  }
  return current;
}

function calculate(left: string | undefined, operator: string, right: string): string {
  const a = leadingInteger(left ?? "");
  const b = leadingInteger(right);
  switch (operator) {
    case "+":
      return int64(a + b);
    case "-":
      return int64(a - b);
    case "*":
      return int64(a * b);
    default:
      return b === 0n ? "0" : int64(a / b);
  }
}

/** As C's strtoll: what does not begin with digits is 0, and what is too large is the largest. */
function leadingInteger(text: string): bigint {
  const [, sign = "", digits = "0"] = /^[ \t-\r]*([+-]?)(\d+)/.exec(text) ?? [];
  // Longer than any number of 64 bits; a text of many thousand digits would take its time.
  const significant = digits.replace(/^0+(?=.)/, "");
  const size = significant.length > maxDigits ? largest * 2n : BigInt(significant);
  if (sign === "-") return size > largest + 1n ? -largest - 1n : -size;
  return size > largest ? largest : size;
}

const largest = 2n ** 63n - 1n;
const maxDigits = 30;

function int64(value: bigint): string {
  return BigInt.asIntN(64, value).toString();
}
