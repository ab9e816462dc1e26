package meaning

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// maxQuantity bounds the text of a quantity; validation takes far less.
const maxQuantity = 64

// quantity reads a number with a suffix, as "500m", "1Gi" or "1e3" (k8s.io/apimachinery v0.37.0,
// pkg/api/resource/suffix.go and quantity.go). What is none is not ok. Beyond thousandths it is rounded up, as the API
// server does (k8s.io/kubernetes v1.37.0, pkg/apis/core/v1/defaults.go, SetDefaults_ResourceList).
func quantity(v *settings.Value) (q *big.Rat, ok bool) {
	s := text(v)
	if s == "" || len(s) > maxQuantity {
		return nil, false
	}
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.' || end == 0 && (s[end] == '+' || s[end] == '-')) {
		end++
	}
	number, suffix := s[:end], s[end:]
	if strings.Trim(number, "+-.") == "" || strings.Count(number, ".") > 1 {
		return nil, false
	}
	q, ok = new(big.Rat).SetString(number)
	if !ok {
		return nil, false
	}
	scale, ok := scaleOf(suffix)
	if !ok {
		return nil, false
	}
	q.Mul(q, scale)
	thousand := big.NewRat(1000, 1)
	q.Mul(q, thousand)
	if !q.IsInt() {
		floor := new(big.Int).Div(q.Num(), q.Denom()) // rounds down, for a positive divisor
		q.SetInt(floor.Add(floor, big.NewInt(1)))
	}
	return q.Quo(q, thousand), true
}

func scaleOf(suffix string) (*big.Rat, bool) {
	power := func(base, exponent int64) *big.Rat {
		size := new(big.Int).Exp(big.NewInt(base), big.NewInt(max(exponent, -exponent)), nil)
		if exponent < 0 {
			return new(big.Rat).SetFrac(big.NewInt(1), size)
		}
		return new(big.Rat).SetInt(size)
	}
	if suffix == "" {
		return power(10, 0), true
	}
	if i := strings.Index("KiMiGiTiPiEi", suffix); len(suffix) == 2 && i >= 0 && i%2 == 0 {
		return power(1024, int64(i/2+1)), true
	}
	if len(suffix) == 1 {
		if i := strings.Index("num", suffix); i >= 0 {
			return power(1000, int64(i-3)), true
		}
		if i := strings.Index("kMGTPE", suffix); i >= 0 {
			return power(1000, int64(i+1)), true
		}
		return nil, false
	}
	if suffix[0] != 'e' && suffix[0] != 'E' {
		return nil, false
	}
	exponent, err := strconv.ParseInt(suffix[1:], 10, 64)
	if err != nil || exponent > 30 || exponent < -30 {
		return nil, false
	}
	return power(10, exponent), true
}
