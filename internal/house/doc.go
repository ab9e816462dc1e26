// Package house holds the project to its own rules: which room may import which, that every
// package says what it owns, and that nothing is kept in package-level state. It is tests only;
// start reading at TestImports.
package house
