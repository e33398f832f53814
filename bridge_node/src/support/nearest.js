/** Characters of a word that may be misspelt: what a stranger has sent is compared with each known word. */
const MAX_WORD = 100;

/**
 * @param {string} word
 * @param {string[]} known
 * @returns {string} `: did you mean "x"?` for the known word that is nearest, or an empty text
 */
export function didYouMean(word, known) {
  if (word.length > MAX_WORD) return '';
  const nearest = known
    .map((candidate) => ({ candidate, distance: distance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (!nearest || nearest.distance > Math.max(2, word.length / 3)) return '';
  return `: did you mean "${nearest.candidate}"?`;
}

/**
 * Levenshtein's distance: how many characters to insert, delete or replace.
 * @param {string} a
 * @param {string} b
 */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1]));
    }
    row = next;
  }
  return row[b.length];
}
