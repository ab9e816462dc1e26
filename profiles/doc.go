// Package profiles owns the profile: the types a person's YAML is decoded into, reading it
// strictly with the place of every node kept, extends, merging, and what can be judged of a
// profile without knowing a Kubernetes version. The built-in profiles are embedded here.
//
// It never spells a flag for a version, never reads the clock, and never guesses what was
// meant: what cannot be used is refused, with its place and what to write instead.
//
// Start reading at Load in load.go, which names the steps; the types are in schema.go, what
// merging does in merge.go.
package profiles
