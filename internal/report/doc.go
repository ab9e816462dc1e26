// Package report owns how the findings of a comparison are shown: one file a format, over a few
// helpers that say a value, an origin or a node in words. It decides nothing: directions, waivers
// and counts are those of the report it is given, and the same report gives the same bytes. It
// never reads files, never looks at the clock, and never lets a live value act on a terminal, a
// CI system or a page. Start reading at Write.
package report
