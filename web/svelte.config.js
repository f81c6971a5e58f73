// SPDX-License-Identifier: EUPL-1.2
// "tree": elements are made one by one, so that the page can forbid HTML from strings (Trusted Types).
export default { compilerOptions: { fragments: "tree", runes: true } };
