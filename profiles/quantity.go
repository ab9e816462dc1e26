package profiles

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// quantitySpelling is a number and a suffix (k8s.io/apimachinery v0.37.0, pkg/api/resource,
// quantity.go and suffix.go; the same since v0.33.13). Upstream also takes a number without any
// digit.
var quantitySpelling = regexp.MustCompile(`^([+-]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$`)

const quantityRule = "a number, perhaps with a suffix: m, k, M, G, T, P, E, or Ki, Mi, Gi, Ti, Pi, Ei, as 500m or 256Mi"

// quantity judges an amount of a resource, and returns it exactly where it is right.
func quantity(v *settings.Value) (*big.Rat, *diag.Problem) {
	if v.Kind != settings.String && v.Kind != settings.Int && v.Kind != settings.Float {
		return nil, &diag.Problem{Message: "a quantity is wanted, found " + describe(v), Allowed: quantityRule}
	}
	m := quantitySpelling.FindStringSubmatch(v.Text)
	if m == nil || len(v.Text) > 64 {
		p := refuse(v.Text, "a quantity", quantityRule)
		p.Hint = meantQuantity(v.Text)
		return nil, p
	}
	number := strings.TrimSuffix(m[2], ".")
	if strings.HasPrefix(number, ".") {
		number = "0" + number
	}
	amount, ok := new(big.Rat).SetString(number)
	factor, known := suffixFactor(m[3])
	if !ok || !known {
		return nil, refuse(v.Text, "a quantity that can be meant", "an exponent from -9 to 18")
	}
	amount.Mul(amount, factor)
	switch {
	case m[1] == "-" && amount.Sign() > 0:
		return nil, refuse(v.Text, "a quantity that can be meant", "zero or more")
	case amount.Cmp(new(big.Rat).SetInt64(math.MaxInt64)) > 0:
		return nil, refuse(v.Text, "a quantity that can be meant", fmt.Sprintf("at most %d", int64(math.MaxInt64)))
	}
	return amount, nil
}

// suffixFactor returns what a suffix multiplies by.
func suffixFactor(suffix string) (*big.Rat, bool) {
	exponent := 0
	if strings.HasSuffix(suffix, "i") {
		power := uint(10 * (strings.Index("KMGTPE", suffix[:1]) + 1))
		return new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), power)), true
	}
	switch suffix {
	case "":
	case "n", "u", "m":
		exponent = 3*strings.Index("num", suffix) - 9
	case "k", "M", "G", "T", "P", "E":
		exponent = 3 * (strings.Index("kMGTPE", suffix) + 1)
	default:
		if _, err := fmt.Sscanf(suffix[1:], "%d", &exponent); err != nil || exponent < -9 || exponent > 18 {
			return nil, false
		}
	}
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exponent, -exponent))), nil)
	factor := new(big.Rat).SetInt(ten)
	if exponent < 0 {
		factor.Inv(factor)
	}
	return factor, true
}

// meantQuantity guesses what a misspelt quantity meant: 256MB, 256mi, 1 Gi, 10%.
func meantQuantity(text string) string {
	number := strings.TrimRight(text, " bBiIkKmMgGtTpPeE")
	unit := strings.ToLower(strings.TrimSpace(text[len(number):]))
	if number == "" || unit == "" || !quantitySpelling.MatchString(number) {
		return ""
	}
	for _, u := range []string{"K", "M", "G", "T", "P", "E"} {
		small := strings.ToLower(u)
		if unit == small || unit == small+"b" || unit == small+"i" || unit == small+"ib" {
			return fmt.Sprintf("write %s%si", number, u)
		}
	}
	return ""
}

// inBytes reports whether a resource is measured in bytes, of which there are no fractions.
func inBytes(resource string) bool {
	resource = strings.TrimPrefix(strings.TrimPrefix(resource, "requests."), "limits.")
	return resource == "memory" || resource == "storage" || resource == "ephemeral-storage" ||
		strings.HasPrefix(resource, "hugepages-") || strings.HasSuffix(resource, ".storageclass.storage.k8s.io/requests.storage")
}
