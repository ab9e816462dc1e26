// Package bundle owns the rendered files as named bytes in memory, the record of them
// (hardstrap.json), and writing both to a directory so that a run killed at any moment leaves
// the old bundle or the new one. It knows nothing of Kubernetes, never renders, never follows
// a symbolic link, and never deletes or replaces what it did not write unless told to. Start
// reading at Bundle, then Write.
package bundle
