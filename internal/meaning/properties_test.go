package meaning

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// rendered is a document of the golden trees, with its kind.
type rendered struct {
	file, kind string
	tree       *settings.Value
}

func golden(t *testing.T, minor string) []rendered {
	t.Helper()
	var out []rendered
	root := filepath.Join("..", "..", "golden")
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(filepath.ToSlash(p), "/"+minor+"/") {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		slash := filepath.ToSlash(p)
		_, onNode, ok := strings.Cut(slash, "/host/control-plane")
		switch {
		case ok && strings.HasPrefix(onNode, layout.StaticPolicies):
			out = append(out, rendered{p, "static", &settings.Value{Kind: settings.List, Items: documents(t, data)}})
		case ok && strings.HasSuffix(onNode, ".kubeconfig"):
			out = append(out, rendered{p, "kubeconfig", documents(t, data)[0]})
		case ok:
			for _, doc := range layout.Documents() {
				if doc.File == onNode {
					out = append(out, rendered{p, doc.Path, documents(t, data)[0]})
				}
			}
		case strings.Contains(slash, "/manifests/") && strings.HasSuffix(slash, ".yaml"):
			for _, object := range documents(t, data) {
				out = append(out, rendered{p, text(object.Get("kind")), object})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func documents(t *testing.T, data []byte) []*settings.Value {
	t.Helper()
	var out []*settings.Value
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var node yaml.Node
		if err := decoder.Decode(&node); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		if len(node.Content) == 1 {
			out = append(out, valueOf(node.Content[0]))
		}
	}
}

// TestGolden: what is rendered does what it does, in any order of maps, and once the API server has kept its books on it.
func TestGolden(t *testing.T) {
	seen := make(map[string]int)
	minors := catalog.Minors()
	for _, minor := range append([]string{minors[0], minors[len(minors)-1]}, "manifests", "manifests-oldest", "oldest", "middle", "newest") {
		version := minor
		if !strings.HasPrefix(minor, "1.") {
			version = "1.37"
		}
		for _, r := range golden(t, minor) {
			seen[r.kind]++
			kept := reordered(r.tree)
			if metadata := kept.Get("metadata"); metadata != nil && metadata.Kind == settings.Map {
				kept.Put("status", settings.Of(map[string]any{"x": "y"}))
				metadata.Put("uid", settings.Of("0"))
				metadata.Put("managedFields", settings.Of([]any{map[string]any{"manager": "kubectl"}}))
				if annotations := metadata.Get("annotations"); annotations != nil {
					annotations.Put("kubectl.kubernetes.io/last-applied-configuration", settings.Of("{}"))
				}
			}
			if got := Compare(r.kind, r.tree, kept, version); len(got) > 0 {
				t.Errorf("%s, %s: %+v", r.file, r.kind, got)
			}
			if got := Compare(r.kind, r.tree, nil, version); len(got) == 0 {
				t.Errorf("%s, %s: its absence is no difference", r.file, r.kind)
			}
		}
	}
	for _, kind := range kinds() {
		if seen[kind] == 0 && kind != "Role" && kind != "ClusterRoleBinding" {
			t.Errorf("no golden file has a %s", kind)
		}
	}
}

// TestAcrossProfiles: no two built-in profiles' documents are taken for each other where a field tells them apart.
func TestAcrossProfiles(t *testing.T) {
	byKind := make(map[string][]rendered)
	for _, r := range golden(t, "1.37") {
		if Known(r.kind) && r.tree.Get("metadata") == nil {
			byKind[r.kind] = append(byKind[r.kind], r)
		}
	}
	for kind, list := range byKind {
		for _, want := range list {
			for _, have := range list {
				w, _ := clean(want.tree)
				h, _ := clean(have.tree)
				got := Compare(kind, want.tree, have.tree, "1.37")
				for _, d := range got {
					wellFormed(t, d)
				}
				if (len(got) > 0) == (canonical(w) == canonical(h)) {
					t.Errorf("%s beside %s: %d deltas", have.file, want.file, len(got))
				}
			}
		}
	}
}

func some(r *rand.Rand, most int, from ...string) []string {
	var out []string
	for range 1 + r.IntN(most) {
		out = append(out, from[r.IntN(len(from))])
	}
	return unique(out)
}

// TestRolesAreExact holds roles against an evaluator that asks for each request by itself.
func TestRolesAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	draw := func() *settings.Value {
		var rules []any
		for range r.IntN(4) {
			rule := map[string]any{"verbs": some(r, 3, "get", "list", "create", "*")}
			if r.IntN(4) == 0 {
				rule["nonResourceURLs"] = some(r, 2, "/a", "/a/*", "/a*", "*", "/b")
			} else {
				rule["apiGroups"] = some(r, 2, "", "apps", "*")
				rule["resources"] = some(r, 3, "pods", "pods/exec", "*", "*/exec", "*/status", "pods/*")
				if r.IntN(3) == 0 {
					rule["resourceNames"] = some(r, 2, "x", "y")
				}
			}
			rules = append(rules, rule)
		}
		return settings.Of(map[string]any{"kind": "ClusterRole", "rules": rules})
	}
	equal := 0
	for range 400 {
		want, have := draw(), draw()
		if r.IntN(3) == 0 {
			have = reordered(want)
			slices.Reverse(have.Get("rules").Items)
		}
		more, less := false, false
		for _, request := range requestsForRoles() {
			w, h := allowed(want, request), allowed(have, request)
			more, less = more || h && !w, less || w && !h
		}
		var weaker, stronger bool
		for _, d := range Compare("ClusterRole", want, have, "1.37") {
			weaker, stronger = weaker || d.Relation == catalog.Weaker, stronger || d.Relation == catalog.Stronger
			wellFormed(t, d)
		}
		if weaker != more || stronger != less {
			t.Fatalf("more %v, less %v; said weaker %v, stronger %v\n%v\n%v", more, less, weaker, stronger, want.Plain(), have.Plain())
		}
		if !more && !less {
			equal++
		}
	}
	if equal < 50 || equal > 350 {
		t.Errorf("too one-sided: %d equal", equal)
	}
}

type roleRequest struct{ verb, group, resource, sub, name, path string }

func requestsForRoles() []roleRequest {
	var out []roleRequest
	for _, verb := range []string{"get", "list", "create", "other"} {
		for _, path := range []string{"/a", "/a/", "/a/b", "/ab", "/b", "/other", "/a*"} {
			out = append(out, roleRequest{verb: verb, path: path})
		}
		for _, group := range []string{"", "apps", "other"} {
			for _, resource := range []string{"pods", "other"} {
				for _, sub := range []string{"", "exec", "status", "other", "*"} {
					for _, name := range []string{"", "x", "y", "other"} {
						out = append(out, roleRequest{verb, group, resource, sub, name, ""})
					}
				}
			}
		}
	}
	return out
}

// allowed is k8s.io/kubernetes v1.37.0, plugin/pkg/auth/authorizer/rbac/rbac.go, RuleAllows, with the helpers of
// pkg/apis/rbac/v1/evaluation_helpers.go.
func allowed(role *settings.Value, q roleRequest) bool {
	combined := q.resource
	if q.sub != "" {
		combined += "/" + q.sub
	}
	return slices.ContainsFunc(role.Get("rules").Items, func(rule *settings.Value) bool {
		has := func(field string, wanted ...string) bool {
			return slices.ContainsFunc(rule.Get(field).Strings(), func(s string) bool { return slices.Contains(wanted, s) })
		}
		if !has("verbs", q.verb, "*") {
			return false
		}
		if q.path != "" {
			return slices.ContainsFunc(rule.Get("nonResourceURLs").Strings(), func(url string) bool {
				return url == "*" || url == q.path || strings.HasSuffix(url, "*") && strings.HasPrefix(q.path, strings.TrimRight(url, "*"))
			})
		}
		matches := has("resources", "*", combined) || q.sub != "" && has("resources", "*/"+q.sub)
		named := rule.Get("resourceNames")
		return has("apiGroups", q.group, "*") && matches && (named == nil || has("resourceNames", q.name))
	})
}

// TestConnectionsAreExact holds ranges of addresses and ports against single ones.
func TestConnectionsAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	draw := func() *settings.Value {
		var rules []any
		for range 1 + r.IntN(3) {
			rule := map[string]any{}
			var peers, ports []any
			for range r.IntN(3) {
				block := map[string]any{"cidr": fmt.Sprintf("10.0.0.%d/%d", r.IntN(16), 28+r.IntN(5))}
				if r.IntN(2) == 0 {
					block["except"] = []string{fmt.Sprintf("10.0.0.%d/%d", r.IntN(16), 30+r.IntN(3))}
				}
				peers = append(peers, map[string]any{"ipBlock": block})
			}
			for range r.IntN(3) {
				first := 1 + r.IntN(6)
				ports = append(ports, map[string]any{"port": first, "endPort": first + r.IntN(4), "protocol": []string{"TCP", "UDP"}[r.IntN(2)]})
			}
			if peers != nil {
				rule["from"] = peers
			}
			if ports != nil {
				rule["ports"] = ports
			}
			rules = append(rules, rule)
		}
		return settings.Of(map[string]any{"spec": map[string]any{"podSelector": map[string]any{}, "policyTypes": []string{"Ingress"}, "ingress": rules}})
	}
	allows := func(policy *settings.Value, address netip.Addr, port int, protocol string) bool {
		return slices.ContainsFunc(policy.Lookup("spec", "ingress").Items, func(rule *settings.Value) bool {
			from, ports := items(rule.Get("from")), items(rule.Get("ports"))
			return (len(from) == 0 || slices.ContainsFunc(from, func(p *settings.Value) bool {
				in := func(s string) bool { return netip.MustParsePrefix(s).Contains(address) }
				return in(p.Lookup("ipBlock", "cidr").Text) && !slices.ContainsFunc(p.Lookup("ipBlock", "except").Strings(), in)
			})) && (len(ports) == 0 || slices.ContainsFunc(ports, func(p *settings.Value) bool {
				first, _ := integer(p.Get("port"))
				last, _ := integer(p.Get("endPort"))
				return p.Get("protocol").Text == protocol && first <= int64(port) && int64(port) <= last
			}))
		})
	}
	for range 300 {
		want, have := draw(), draw()
		if r.IntN(3) == 0 {
			have = reordered(want)
			slices.Reverse(have.Lookup("spec", "ingress").Items)
		}
		more, less := false, false
		for address := range 17 {
			for port := 1; port < 12; port++ {
				for _, protocol := range []string{"TCP", "UDP", "SCTP"} {
					a := netip.AddrFrom4([4]byte{10, 0, 0, byte(address)})
					w, h := allows(want, a, port, protocol), allows(have, a, port, protocol)
					more, less = more || h && !w, less || w && !h
				}
			}
		}
		var weaker, stronger bool
		for _, d := range Compare("NetworkPolicy", want, have, "1.37") {
			weaker, stronger = weaker || d.Relation == catalog.Weaker, stronger || d.Relation == catalog.Stronger
		}
		if weaker != more || stronger != less {
			t.Fatalf("more %v, less %v; said weaker %v, stronger %v\n%v\n%v", more, less, weaker, stronger, want.Plain(), have.Plain())
		}
	}
}

func TestQuantities(t *testing.T) {
	for _, same := range [][]string{
		{"1", "1000m", "1.0", "1e0", "+1"}, {"1Gi", "1024Mi", "1073741824"}, {"1k", "1e3", "1E3", "1000"}, {"1n", "1m", "999u"}, {"-1", "-1000m"}, {"1E", "1e18"}, {".5", "500m", "0.5"},
	} {
		for _, other := range same[1:] {
			a, ok := quantity(settings.Of(same[0]))
			b, alsoOK := quantity(settings.Of(other))
			if !ok || !alsoOK || a.Cmp(b) != 0 {
				t.Errorf("%s and %s: %v %v, %v %v", same[0], other, a, ok, b, alsoOK)
			}
		}
	}
	for _, none := range []string{"", "x", "1x", "1e99999999", "1.2.3", "--1", ".", "1ki", "1iK", "Gi", strings.Repeat("9", 100)} {
		if q, ok := quantity(settings.Of(none)); ok {
			t.Errorf("%q is %v", none, q)
		}
	}
}

func TestSelectors(t *testing.T) {
	of := func(text string) selector { return selectorOf(fromYAML(t, text)) }
	for _, tc := range []struct {
		wide, narrow string
		back         bool // the other way round too
	}{
		{"{}", "{matchLabels: {a: b}}", false},
		{"{matchLabels: {a: b}}", "{matchExpressions: [{key: a, operator: In, values: [b]}]}", true},
		{"{matchExpressions: [{key: a, operator: In, values: [b, c]}]}", "{matchLabels: {a: b}}", false},
		{"{matchExpressions: [{key: a, operator: Exists}]}", "{matchLabels: {a: b}}", false},
		{"{matchExpressions: [{key: a, operator: NotIn, values: [x]}]}", "{matchExpressions: [{key: a, operator: NotIn, values: [x, y]}]}", false},
		{"{matchExpressions: [{key: a, operator: NotIn, values: [x]}]}", "{matchExpressions: [{key: a, operator: DoesNotExist}]}", false},
		{"{matchExpressions: [{key: a, operator: NotIn, values: [x]}]}", "{matchLabels: {a: y}}", false},
	} {
		w, n := of(tc.wide), of(tc.narrow)
		if !w.covers(n) || n.covers(w) != tc.back {
			t.Errorf("%s and %s: %v %v", w, n, w.covers(n), n.covers(w))
		}
	}
}
