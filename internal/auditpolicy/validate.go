package auditpolicy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/nearest"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Parse reads a user's audit policy for a minor such as "1.36" and reports every fault at once, each at
// its place. It is stricter than the API server, which falls back to lenient decoding and so drops a
// misspelt field with no more than a line in its log (k8s.io/apiserver v0.37.0,
// pkg/audit/policy/reader.go); what that server refuses is refused too
// (pkg/apis/audit/validation/validation.go of each minor). The tree is nil when there is an error.
// Aliases are followed, within bounds; merge keys, tags and further documents are faults.
func Parse(file string, data []byte, minor string) (*settings.Value, diag.List) {
	return parse(file, settings.FromFile, data, minor)
}

func parse(file string, source settings.Source, data []byte, minor string) (*settings.Value, diag.List) {
	n, err := parseMinor(minor)
	if err != nil {
		return nil, diag.List{{Position: diag.Position{File: file}, Message: err.Error()}}
	}
	tree, faults := read(file, source, data)
	if tree != nil {
		faults = append(faults, validate(tree, n)...)
	}
	faults.Sort()
	if faults.Err() != nil {
		return nil, faults
	}
	return tree, faults
}

// validator walks a tree and collects faults.
type validator struct {
	minor  int
	faults diag.List
}

// field is what may stand under a name, and the check of its value.
type field struct {
	name  string
	check func(v *validator, value *settings.Value, path string)
}

func validate(tree *settings.Value, minor int) diag.List {
	v := &validator{minor: minor}
	v.fields(tree, "", []field{
		{"apiVersion", constant("audit.k8s.io/v1", "the only version since Kubernetes 1.24")},
		{"kind", constant("Policy", "")},
		{"metadata", (*validator).metadata},
		{"omitStages", (*validator).stages},
		{"omitManagedFields", (*validator).boolean},
		{"rules", (*validator).rules},
	}, "apiVersion", "kind", "rules")
	return v.faults
}

func (v *validator) add(at settings.Origin, path, message, allowed, hint string) {
	v.faults.Add(diag.Problem{Position: position(at), Path: path, Message: message, Allowed: allowed, Hint: hint})
}

func position(o settings.Origin) diag.Position {
	return diag.Position{File: o.File, Line: o.Line, Column: o.Column}
}

// fields checks a mapping: its names, its values, and that the required ones are there.
func (v *validator) fields(value *settings.Value, path string, known []field, required ...string) {
	if value.Kind != settings.Map {
		v.wrongKind(value, path, "map")
		return
	}
	names := make([]string, len(known))
	for i, f := range known {
		names[i] = f.name
	}
	for _, e := range value.Entries {
		i := slices.Index(names, e.Key)
		if i < 0 {
			v.add(e.Origin, join(path, e.Key), "unknown field "+quote(e.Key), strings.Join(names, ", "), nearest.Hint(e.Key, names))
			continue
		}
		known[i].check(v, e.Value, join(path, e.Key))
	}
	for _, name := range required {
		if value.Get(name) == nil {
			v.add(value.Origin, path, fmt.Sprintf("%q is missing", name), "", "")
		}
	}
}

func (v *validator) wrongKind(value *settings.Value, path, want string) {
	message := fmt.Sprintf("must be a %s, is a %s", want, value.Kind)
	hint := ""
	switch {
	case value.Kind == settings.Null:
		message = fmt.Sprintf("must be a %s, is empty", want)
		hint = "give it a value or leave the field out"
	case value.IsScalar():
		message = fmt.Sprintf("must be a %s, is the %s %s", want, value.Kind, quote(value.Text))
		if want == "string" {
			hint = "put it in quotes"
		}
	}
	v.add(value.Origin, path, message, "", hint)
}

func (v *validator) string(value *settings.Value, path string) bool {
	if value.Kind != settings.String {
		v.wrongKind(value, path, "string")
		return false
	}
	return true
}

func (v *validator) boolean(value *settings.Value, path string) {
	if value.Kind != settings.Bool {
		v.wrongKind(value, path, "boolean")
	}
}

// list checks a list's kind and hands each item that is a string on.
func (v *validator) list(value *settings.Value, path string, check func(item *settings.Value, path string)) {
	if value.Kind != settings.List {
		v.wrongKind(value, path, "list")
		return
	}
	for i, item := range value.Items {
		at := fmt.Sprintf("%s[%d]", path, i)
		if v.string(item, at) {
			check(item, at)
		}
	}
}

func constant(want, hint string) func(*validator, *settings.Value, string) {
	return func(v *validator, value *settings.Value, path string) {
		if v.string(value, path) && value.Text != want {
			v.add(value.Origin, path, quote(value.Text)+" is not an audit policy's", fmt.Sprintf("%q", want), hint)
		}
	}
}

// metadata admits what a person writes; the API server keeps none of it.
func (v *validator) metadata(value *settings.Value, path string) {
	texts := func(v *validator, value *settings.Value, path string) {
		if value.Kind != settings.Map {
			v.wrongKind(value, path, "map")
			return
		}
		for _, e := range value.Entries {
			v.string(e.Value, join(path, e.Key))
		}
	}
	v.fields(value, path, []field{
		{"name", func(v *validator, value *settings.Value, path string) { v.string(value, path) }},
		{"labels", texts},
		{"annotations", texts},
		{"creationTimestamp", func(v *validator, value *settings.Value, path string) {
			if value.Kind != settings.Null {
				v.add(value.Origin, path, "a policy file has no time of creation", "null", "leave it out")
			}
		}},
	})
}

func (v *validator) stages(value *settings.Value, path string) {
	v.list(value, path, func(item *settings.Value, path string) { v.oneOf(item, path, "stage", stages()) })
}

func (v *validator) oneOf(item *settings.Value, path, what string, allowed []string) {
	if !slices.Contains(allowed, item.Text) {
		v.add(item.Origin, path, fmt.Sprintf("%s is not a %s", quote(item.Text), what), strings.Join(allowed, ", "), nearest.Hint(item.Text, allowed))
	}
}

func (v *validator) rules(value *settings.Value, path string) {
	switch {
	case value.Kind != settings.List:
		v.wrongKind(value, path, "list")
	case len(value.Items) == 0:
		v.add(value.Origin, path, "no rules: the API server does not start with such a policy", "", `"- level: Metadata" is the shortest useful list`)
	case len(value.Items) > maxRules:
		v.add(value.Origin, path, fmt.Sprintf("%d rules; at most %d are read", len(value.Items), maxRules), "", "the API server tries them one after the other on every request")
	default:
		for i, item := range value.Items {
			v.rule(item, fmt.Sprintf("%s[%d]", path, i))
		}
	}
}

func (v *validator) rule(value *settings.Value, path string) {
	texts := func(v *validator, value *settings.Value, path string) {
		v.list(value, path, func(*settings.Value, string) {})
	}
	v.fields(value, path, []field{
		{"level", func(v *validator, value *settings.Value, path string) {
			if v.string(value, path) {
				v.oneOf(value, path, "level", levels())
			}
		}},
		{"users", texts},
		{"userGroups", texts},
		{"verbs", texts},
		{"resources", (*validator).resources},
		{"namespaces", texts},
		{"nonResourceURLs", (*validator).urls},
		{"omitStages", (*validator).stages},
		{"omitManagedFields", (*validator).boolean},
	}, "level")
	if urls := value.Get("nonResourceURLs"); urls != nil && len(urls.Items) > 0 {
		for _, other := range []string{"resources", "namespaces"} {
			if o := value.Get(other); o != nil && len(o.Items) > 0 {
				v.add(urls.Origin, join(path, "nonResourceURLs"), fmt.Sprintf("a rule cannot have nonResourceURLs and %s", other), "", "write two rules")
			}
		}
	}
}

func (v *validator) urls(value *settings.Value, path string) {
	v.list(value, path, func(item *settings.Value, path string) {
		url := item.Text
		switch {
		case url == "*":
		case !strings.HasPrefix(url, "/"):
			v.add(item.Origin, path, fmt.Sprintf("path %s does not begin with \"/\"", quote(url)), `"*", or a path beginning with "/"`, "")
		case strings.Contains(url[:len(url)-1], "*"):
			v.add(item.Origin, path, fmt.Sprintf("path %s has a \"*\" that is not its last character", quote(url)), `"*" as the last character`, "")
		}
	})
}

func (v *validator) resources(value *settings.Value, path string) {
	if value.Kind != settings.List {
		v.wrongKind(value, path, "list")
		return
	}
	for i, item := range value.Items {
		at := fmt.Sprintf("%s[%d]", path, i)
		v.fields(item, at, []field{
			{"group", (*validator).group},
			{"resources", (*validator).resourceNamesOfAPI},
			{"resourceNames", func(v *validator, value *settings.Value, path string) {
				v.list(value, path, func(*settings.Value, string) {})
			}},
		})
		names, resources := item.Get("resourceNames"), item.Get("resources")
		if names != nil && len(names.Items) > 0 && (resources == nil || len(resources.Items) == 0) {
			v.add(names.Origin, join(at, "resourceNames"), "resourceNames without resources", "", `name the resources too, e.g. resources: ["configmaps"]`)
		}
	}
}

func (v *validator) group(value *settings.Value, path string) {
	if value.Kind == settings.Null {
		v.add(value.Origin, path, "must be a string, is empty", "", `the core group is written ""`)
		return
	}
	if !v.string(value, path) || value.Text == "" {
		return
	}
	if value.Text == "*" {
		if v.minor < firstMinorWithGroupStar {
			v.add(value.Origin, path, fmt.Sprintf(`group "*" is not known to Kubernetes 1.%d`, v.minor), "",
				fmt.Sprintf("every group at once exists since 1.%d; before, leave resources out of the rule, or list the groups", firstMinorWithGroupStar))
		}
		return
	}
	if !isSubdomain(value.Text) {
		hint := ""
		if base, _, ok := strings.Cut(value.Text, "/"); ok {
			hint = "a group has no version here: " + quote(base)
		}
		v.add(value.Origin, path, quote(value.Text)+" is not an API group", "a lower-case DNS name", hint)
	}
}

// isSubdomain is how a group is spelled (k8s.io/apimachinery, pkg/util/validation/validation.go).
func isSubdomain(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if strings.ContainsFunc(label, func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }) {
			return false
		}
	}
	return len(s) <= 253
}

// resourceNamesOfAPI checks the spelling of resources: "pods", "pods/log", "pods/*", "*/status", "*".
// The API server takes any text, and a spelling that is none of these matches nothing for ever.
func (v *validator) resourceNamesOfAPI(value *settings.Value, path string) {
	v.list(value, path, func(item *settings.Value, path string) {
		base, sub, has := strings.Cut(item.Text, "/")
		bad := base == "" || has && sub == "" || strings.Contains(sub, "/") ||
			base != "*" && strings.Contains(base, "*") || sub != "*" && strings.Contains(sub, "*")
		switch {
		case item.Text == "*/*":
			v.add(item.Origin, path, `"*/*" matches nothing`, "", `"*" is every resource with its subresources`)
		case bad:
			v.add(item.Origin, path, quote(item.Text)+" matches nothing", `"pods", "pods/log", "pods/*", "*/status", "*"`, "")
		}
	})
}
