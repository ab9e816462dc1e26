package profiles

import (
	"testing"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// TestQuantity holds amounts against their exact value; "" is refused.
func TestQuantity(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "1": "1", "-0": "0", "+5": "5", "0256": "256", "1.": "1", ".5": "1/2", "0.1": "1/10",
		"100m": "1/10", "3u": "3/1000000", "7n": "7/1000000000",
		"1k": "1000", "2M": "2000000", "1E": "1000000000000000000", "1e3": "1000", "15E2": "1500", "1e-3": "1/1000", "1e+3": "1000",
		"1Ki": "1024", "1.5Mi": "1572864", "7Ei": "8070450532247928832",
		"9223372036854775807": "9223372036854775807",
		"9223372036854775808": "", "8Ei": "", "10E": "", "1e19": "", "1e-10": "", "1e99999999999999999999": "", "-1": "", "-1m": "",
		"": "", ".": "", "m": "", "Mi": "", "1.2.3": "", "1K": "", "1mi": "", "1MB": "", "1 Gi": "", " 1": "", "1\n": "", "0x10": "", "1_000": "", "1/2": "", "1e": "", "NaN": "", "Inf": "",
	} {
		amount, problem := quantity(settings.Of(text))
		switch {
		case want == "" && problem == nil:
			t.Errorf("%q is accepted as %s", text, amount.RatString())
		case want != "" && problem != nil:
			t.Errorf("%q is refused: %s", text, problem.Message)
		case want != "" && amount.RatString() != want:
			t.Errorf("%q is %s, want %s", text, amount.RatString(), want)
		}
	}
	for _, v := range []any{true, nil, []string{"1"}, map[string]any{"a": 1}} {
		if _, problem := quantity(settings.Of(v)); problem == nil {
			t.Errorf("%v is accepted", v)
		}
	}
}
