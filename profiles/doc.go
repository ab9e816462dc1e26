// Package profiles owns the profile a person writes: its types, strict decoding with
// positions, extends and merging, and validation of what can be judged without knowing a
// Kubernetes version. It does not know how flags are spelled in any version and never renders.
// Start reading at Profile (schema.go), then Load.
package profiles
