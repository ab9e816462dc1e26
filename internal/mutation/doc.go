// Package mutation owns the proof that a comparison finds what it should and nothing else: it takes rendered nodes
// (internal/testnode), changes one thing of each at a time, and asserts exactly the expected finding, or none.
//
// A mutation is a place that can carry a setting (a flag of a static pod, a field of the kubelet's file, a drop-in, a
// process, the API ...) and something done there (unset, weaker, stronger, other; moved, reordered, written otherwise). What
// it should be found as is derived from the data of direction.yaml by this package's own reading of them, never by asking
// the code under test. Settings for which no better or worse is known are listed beside the score.
//
// It has tests alone, judges no real node, and never writes to one. Start reading at mutation_test.go, where the score is;
// then a place, such as flags_test.go.
package mutation
