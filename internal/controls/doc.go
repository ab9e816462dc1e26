// Package controls owns the requirements of benchmarks as data and as predicates over settings,
// and says of each how it stands: met, met by alternative, not met, waived, needs live check,
// not applicable or organisational. It also owns the list of values that are weak everywhere.
// It never renders, never says "compliant", and never reads a profile or a bundle itself.
// Start reading at Evaluate, then expect.go (the grammar of predicates), special.go (the
// predicates written by hand) and Weak.
package controls
