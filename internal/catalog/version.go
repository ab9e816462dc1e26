package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// UnknownVersionError is a Kubernetes version the catalog has no facts for.
type UnknownVersionError struct {
	// Version is what was asked for, Allowed the minors there are.
	Version string
	Allowed []string
}

// Error names the version and the minors there are.
func (e *UnknownVersionError) Error() string {
	return fmt.Sprintf("unknown Kubernetes version %q; allowed: %s, or a release of one of them, such as %s.0",
		e.Version, strings.Join(e.Allowed, ", "), e.Allowed[len(e.Allowed)-1])
}

// Minors returns the minors there are facts for, oldest first.
func Minors() []string { return slices.Clone(books().names) }

// For returns the facts of a version's minor: "1.37", "1.37.0", "v1.37.0" and "1.37.1-rc.0" all give those of 1.37.
// The error is an *UnknownVersionError where there are none.
func For(version string) (*Minor, error) {
	minor, ok := minorOf(version)
	load := books().minors[minor]
	if !ok || load == nil {
		return nil, &UnknownVersionError{Version: version, Allowed: Minors()}
	}
	return load()
}

// minorOf cuts a version down to its minor. The version may have a leading v, a patch number and, after that, what
// semantic versioning allows behind - or +.
func minorOf(version string) (minor string, ok bool) {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) < 2 || !isNumber(parts[0]) || !isNumber(parts[1]) {
		return "", false
	}
	if len(parts) == 3 {
		patch, suffix := parts[2], ""
		if i := strings.IndexAny(patch, "-+"); i >= 0 {
			patch, suffix = patch[:i], patch[i+1:]
			if suffix == "" || strings.ContainsFunc(suffix, notInSuffix) {
				return "", false
			}
		}
		if !isNumber(patch) {
			return "", false
		}
	}
	return parts[0] + "." + parts[1], true
}

func notInSuffix(r rune) bool {
	const allowed = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-+"
	return !strings.ContainsRune(allowed, r)
}

// isNumber takes digits without a leading zero, few enough to be a version's.
func isNumber(s string) bool {
	if s == "" || len(s) > 9 || len(s) > 1 && s[0] == '0' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// compareMinors orders minors as numbers: 1.9 before 1.10. Both must be minors.
func compareMinors(a, b string) int {
	majorA, minorA := numbers(a)
	majorB, minorB := numbers(b)
	return cmp.Or(cmp.Compare(majorA, majorB), cmp.Compare(minorA, minorB))
}

func numbers(minor string) (int, int) {
	a, b, _ := strings.Cut(minor, ".")
	major, _ := strconv.Atoi(a)
	n, _ := strconv.Atoi(b)
	return major, n
}
