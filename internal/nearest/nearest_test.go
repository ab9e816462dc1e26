package nearest

import "testing"

func TestName(t *testing.T) {
	candidates := []string{"profiling", "audit-log-path", "audit-log-maxage", "request-timeout"}
	for _, tc := range []struct{ name, in, want string }{
		{"one letter missing", "profilng", "profiling"},
		{"letters swapped", "porfiling", "profiling"},
		{"another case", "Request-Timeout", "request-timeout"},
		{"camel case is too far", "auditLogPathOfServer", ""},
		{"nothing alike", "zzz", ""},
		{"empty", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Name(tc.in, candidates); got != tc.want {
				t.Errorf("Name(%q) = %q, want %q", tc.in, got, tc.want)
			}
		})
	}
}

func TestHint(t *testing.T) {
	if got, want := Hint("profilng", []string{"profiling"}), `did you mean "profiling"?`; got != want {
		t.Errorf("Hint = %q, want %q", got, want)
	}
	if got := Hint("x", []string{"profiling"}); got != "" {
		t.Errorf("Hint of nothing alike = %q, want none", got)
	}
}

func TestFirstKeepsTheOrderOfEquals(t *testing.T) {
	if got := First("VersionTLS14", []string{"VersionTLS12", "VersionTLS10"}); got != "VersionTLS12" {
		t.Errorf("First = %q, want the earlier of two that are equally close", got)
	}
}
