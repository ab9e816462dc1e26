package mutation

import (
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/compare"
)

// rule is a row of direction.yaml as this package reads it.
type rule struct {
	Keys    []string          `yaml:"keys"`
	Rule    string            `yaml:"rule"`
	Order   [][]string        `yaml:"order"`
	Value   string            `yaml:"value"`
	Special map[string]string `yaml:"special"`
	Weak    []string          `yaml:"weak"`
	Strong  []string          `yaml:"strong"`
	Default []string          `yaml:"default"`
	Empty   string            `yaml:"empty"`
	Apart   bool              `yaml:"apart"`
}

// rules are the rows by setting.
type rules map[string]rule

func readRules(t testing.TB) rules {
	t.Helper()
	data, err := os.ReadFile("../catalog/direction.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var rows []rule
	if err := yaml.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	out := rules{}
	for _, r := range rows {
		for _, k := range r.Keys {
			out[k] = r
		}
	}
	return out
}

const (
	same      = compare.Direction("")
	weaker    = compare.Weaker
	stronger  = compare.Stronger
	different = compare.Different
	unknown   = compare.Unknown
)

// relate tells what have is, seen from want; both are the parts of a list, or a scalar as one part. An empty text is none.
func (r rule) relate(want, have []string) compare.Direction {
	w, h := only(want), only(have)
	switch r.Rule {
	case "true-is-weaker", "false-is-weaker":
		weak := strings.TrimSuffix(r.Rule, "-is-weaker")
		switch {
		case w == h:
			return same
		case h == weak:
			return weaker
		case w == weak:
			return stronger
		}
	case "absent-is-weaker", "present-is-weaker":
		switch {
		case w == h:
			return same
		case (h == "") == (r.Rule == "absent-is-weaker") && (h == "" || w == ""):
			return weaker
		case w == "" || h == "":
			return stronger
		}
	case "other-is-weaker":
		switch {
		case w == h:
			return same
		case w == r.Value:
			return weaker
		case h == r.Value:
			return stronger
		}
	case "order":
		a, b := r.lowest(want), r.lowest(have)
		switch {
		case w == h, a == b && a >= 0 && len(r.Order[a]) > 0 && !r.Apart && slices.Contains(r.Order[a], w) && slices.Contains(r.Order[a], h):
			return same
		case a < 0 || b < 0 || a == b:
		case b < a:
			return weaker
		default:
			return stronger
		}
	case "lower-is-weaker", "higher-is-weaker":
		return r.amounts(w, h)
	case "address":
		a, b := reach(want), reach(have)
		switch {
		case w == h:
			return same
		case b > a:
			return weaker
		case b < a:
			return stronger
		}
	case "subset-is-weaker", "superset-is-weaker", "members":
		return r.lists(want, have)
	default:
		if slices.Equal(want, have) {
			return same
		}
	}
	return different
}

func only(list []string) string { return strings.Join(list, ",") }

// line is the place of a value in an order, weakest first; that of the empty line where no other has it.
func (r rule) line(v string) int {
	rest := -1
	for i, line := range r.Order {
		if slices.Contains(line, v) {
			return i
		}
		if len(line) == 0 {
			rest = i
		}
	}
	return rest
}

// lowest is the place of the weakest part of a value.
func (r rule) lowest(parts []string) int {
	if len(parts) == 0 {
		return r.line("")
	}
	out := r.line(parts[0])
	for _, part := range parts[1:] {
		out = min(out, r.line(part))
	}
	return out
}

// amounts compares numbers and durations; only what special says of single ones is not their size.
func (r rule) amounts(w, h string) compare.Direction {
	size := func(s string) (float64, bool) {
		n, err := strconv.ParseFloat(s, 64)
		if d, derr := time.ParseDuration(s); err != nil && derr == nil {
			n, err = d.Seconds(), nil
		}
		name := s
		switch {
		case s == "":
			name, err = "absent", nil
		case err == nil && n == 0:
			name = "0"
		case err == nil && n < 0 && r.Special[s] == "":
			name = "negative"
		}
		switch of := r.Special[name]; {
		case err != nil, of == "different", of == "" && name == "absent":
			return 0, false
		case of == "weakest":
			return math.Inf(-1), true
		case of == "strongest":
			return math.Inf(1), true
		}
		if r.Rule == "higher-is-weaker" {
			n = -n
		}
		return n, true
	}
	a, okA := size(w)
	b, okB := size(h)
	switch {
	case w == h:
		return same
	case !okA || !okB:
		return different
	case a == b:
		return same
	case b < a:
		return weaker
	}
	return stronger
}

// reach ranks addresses by who reaches them: 0 nobody, 1 the node, 2 some, 3 all.
func reach(list []string) int {
	out := 0
	for _, s := range list {
		_, s, _ = cutLast("://", s)
		if host, _, ok := strings.Cut(s, "]"); ok {
			s = strings.TrimPrefix(host, "[")
		} else if strings.Count(s, ":") == 1 {
			s, _, _ = strings.Cut(s, ":")
		}
		switch s {
		case "":
		case "127.0.0.1", "::1", "localhost":
			out = max(out, 1)
		case "0.0.0.0", "::":
			out = max(out, 3)
		default:
			out = max(out, 2)
		}
	}
	return out
}

// cutLast cuts a prefix that ends in sep off, where there is one.
func cutLast(sep, s string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}

// lists compares sets of texts.
func (r rule) lists(want, have []string) compare.Direction {
	if len(want) == 0 {
		want = r.Default
	}
	if len(have) == 0 {
		have = r.Default
	}
	up, down := false, false
	note := func(item string, came bool) {
		bad := slices.Contains(r.Weak, item) || r.Rule == "superset-is-weaker"
		good := !bad && (slices.Contains(r.Strong, item) || r.Rule == "subset-is-weaker")
		up = up || bad && !came || good && came
		down = down || bad && came || good && !came
	}
	changed := false
	for _, item := range have {
		if !slices.Contains(want, item) {
			note(item, true)
			changed = true
		}
	}
	for _, item := range want {
		if !slices.Contains(have, item) {
			note(item, false)
			changed = true
		}
	}
	switch {
	case !changed:
		return same
	case r.Empty != "" && len(have) == 0:
		return map[string]compare.Direction{"weakest": weaker, "strongest": stronger}[r.Empty]
	case r.Empty != "" && len(want) == 0:
		return map[string]compare.Direction{"weakest": stronger, "strongest": weaker}[r.Empty]
	case down: // what is worse counts, whatever is better besides
		return weaker
	case up:
		return stronger
	}
	return different
}
