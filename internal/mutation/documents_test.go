package mutation

import (
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// tree is a document or an object as plain values.
type tree map[string]any

// rewrite is a change of a document: it reports whether there was something to change.
type rewrite struct {
	kind string
	is   compare.Direction
	do   func(doc tree) bool
}

// want is what a rewrite should be found as.
func (r rewrite) want(k settings.Key) []expected {
	if r.is == same {
		return nil
	}
	out := []expected{{k, r.is}}
	switch r.kind {
	case "identity alone", "AES in CBC", "Secrets in plain text", "more is encrypted", // other keys read what is stored, too
		"no limits, and nothing given":
		out = append(out, expected{k, different})
	case "warns instead of refusing":
		out = append(out, expected{k, stronger}) // it did not warn before
	}
	return out
}

func parsed(text string) tree {
	doc := tree{}
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		panic(err)
	}
	return doc
}

// at goes down maps; nil where there is none.
func (t tree) at(path ...string) tree {
	for _, p := range path {
		switch next := t[p].(type) {
		case tree:
			t = next
		case map[string]any:
			t = next
		default:
			return nil
		}
	}
	return t
}

// list returns the maps of a list.
func (t tree) list(name string) []tree {
	var out []tree
	list, _ := t[name].([]any)
	for _, item := range list {
		switch one := item.(type) {
		case tree:
			out = append(out, one)
		case map[string]any:
			out = append(out, one)
		}
	}
	return out
}

// drop takes an item out of a list.
func (t tree) drop(name string, i int) bool {
	list, _ := t[name].([]any)
	if i < 0 {
		i += len(list)
	}
	if i < 0 || i >= len(list) {
		return false
	}
	t[name] = slices.Delete(slices.Clone(list), i, i+1)
	return true
}

// more adds an item to a list, at its front or its end.
func (t tree) more(name string, front bool, item any) bool {
	list, _ := t[name].([]any)
	if front {
		t[name] = append([]any{item}, list...)
	} else {
		t[name] = append(slices.Clone(list), item)
	}
	return true
}

// turn reverses a list.
func (t tree) turn(name string) bool {
	list, _ := t[name].([]any)
	list = slices.Clone(list)
	slices.Reverse(list)
	t[name] = list
	return len(list) > 1
}

// rewrites lists the changes of a document, by its kind. What is weaker is decided by hand here.
func rewrites(kind string) []rewrite {
	switch kind {
	case "Policy":
		return auditRewrites()
	case "EncryptionConfiguration":
		return encryptionRewrites()
	case "AuthenticationConfiguration":
		return []rewrite{
			{"anonymous everywhere", weaker, func(d tree) bool {
				delete(d.at("anonymous"), "conditions")
				return d.at("anonymous")["enabled"] == true
			}},
			{"no block for anonymous", weaker, func(d tree) bool { delete(d, "anonymous"); return true }},
			{"anonymous at one more path", weaker, func(d tree) bool {
				return d.at("anonymous")["enabled"] == true && d.at("anonymous").more("conditions", false, tree{"path": "/metrics"})
			}},
			{"anonymous at one path less", stronger, func(d tree) bool {
				return len(d.at("anonymous").list("conditions")) > 1 && d.at("anonymous").drop("conditions", 0)
			}},
			{"nobody anonymous", stronger, func(d tree) bool {
				was := d.at("anonymous")["enabled"] == true
				d["anonymous"] = tree{"enabled": false}
				return was
			}},
			{"paths in another order", same, func(d tree) bool { return d.at("anonymous").turn("conditions") }},
			{"one more issuer", weaker, func(d tree) bool {
				return d.more("jwt", false, tree{"issuer": tree{"url": "https://evil.example", "audiences": []any{"a"}}, "claimMappings": tree{"username": tree{"claim": "sub", "prefix": ""}}})
			}},
			{"an empty list of issuers", same, func(d tree) bool { d["jwt"] = []any{}; return true }},
		}
	case "PodSecurityConfiguration":
		return podSecurityRewrites()
	case "EventRateLimit":
		return []rewrite{
			{"a limit less", weaker, func(d tree) bool { return d.drop("limits", 0) }},
			{"no limits", weaker, func(d tree) bool { d["limits"] = []any{}; return true }},
			{"more events", weaker, func(d tree) bool { d.list("limits")[0]["qps"] = 999999; return true }},
			{"fewer events", stronger, func(d tree) bool { d.list("limits")[0]["qps"] = 1; return true }},
			{"limits in another order", same, func(d tree) bool { return d.turn("limits") }},
		}
	}
	return nil
}

func auditRewrites() []rewrite {
	each := func(level string) func(d tree) bool {
		return func(d tree) bool {
			for _, r := range d.list("rules") {
				r["level"] = level
			}
			return true
		}
	}
	out := []rewrite{
		{"the last rule gone", weaker, func(d tree) bool { return d.drop("rules", -1) }},
		{"no rules", weaker, func(d tree) bool { d["rules"] = []any{tree{"level": "None"}}; return true }},
		{"nothing at all", weaker, each("None")},
		{"nothing of one user", weaker, func(d tree) bool { return d.more("rules", true, tree{"level": "None", "users": []any{"mallory"}}) }},
		{"nothing of one group's reading", weaker, func(d tree) bool {
			return d.more("rules", true, tree{"level": "None", "userGroups": []any{"system:masters"}, "verbs": []any{"get"}})
		}},
		{"a rule behind all others", same, func(d tree) bool { return d.more("rules", false, tree{"level": "None", "users": []any{"mallory"}}) }},
		{"no stage for what is answered", weaker, func(d tree) bool { return d.more("omitStages", false, "ResponseComplete") }},
		{"no stage left out", stronger, func(d tree) bool { _, had := d["omitStages"]; delete(d, "omitStages"); return had }},
	}
	for i := range 40 { // of as many rules as there are
		rule := func(d tree) tree {
			if rules := d.list("rules"); i < len(rules) {
				return rules[i]
			}
			return tree{}
		}
		isAt := func(r tree, levels ...string) bool {
			level, _ := r["level"].(string)
			return slices.Contains(levels, level)
		}
		out = append(out,
			rewrite{"a rule's level is None", weaker, func(d tree) bool {
				r := rule(d)
				ok := isAt(r, "Metadata", "Request", "RequestResponse")
				r["level"] = "None"
				return ok
			}},
			rewrite{"a rule's bodies left out", weaker, func(d tree) bool {
				r := rule(d)
				ok := isAt(r, "Request", "RequestResponse")
				r["level"] = "Metadata"
				return ok
			}},
			rewrite{"verbs in another order", same, func(d tree) bool { return rule(d).turn("verbs") }},
			rewrite{"resources in another order", same, func(d tree) bool { return rule(d).turn("resources") }},
			rewrite{"one rule as two", same, func(d tree) bool {
				r := rule(d)
				groups, _ := r["resources"].([]any)
				if len(groups) < 2 {
					return false
				}
				other := tree{}
				for k, v := range r {
					other[k] = v
				}
				r["resources"], other["resources"] = groups[:1], groups[1:]
				d["rules"] = slices.Insert(slices.Clone(d["rules"].([]any)), i+1, any(other))
				return true
			}},
		)
	}
	return out
}

func encryptionRewrites() []rewrite {
	providers := func(d tree) []tree { return d.list("resources")[0].list("providers") }
	set := func(d tree, list ...any) bool { d.list("resources")[0]["providers"] = list; return true }
	key := tree{"keys": []any{tree{"name": "k", "secret": "AAAAAAAAAAAAAAAAAAAAAA=="}}}
	return []rewrite{
		{"identity first", weaker, func(d tree) bool { return d.list("resources")[0].turn("providers") }},
		{"identity alone", weaker, func(d tree) bool { return set(d, tree{"identity": tree{}}) }},
		{"no plain text is read", stronger, func(d tree) bool {
			return len(providers(d)) > 1 && d.list("resources")[0].drop("providers", -1)
		}},
		{"AES in CBC", weaker, func(d tree) bool {
			return providers(d)[0]["secretbox"] != nil && set(d, tree{"aescbc": key}, tree{"identity": tree{}})
		}},
		{"Secrets in plain text", weaker, func(d tree) bool {
			list, _ := d.list("resources")[0]["resources"].([]any)
			d.list("resources")[0]["resources"] = slices.DeleteFunc(slices.Clone(list), func(r any) bool { return r == "secrets" })
			return len(list) > 1
		}},
		{"more is encrypted", stronger, func(d tree) bool {
			return d.list("resources")[0].more("resources", false, "leases.coordination.k8s.io")
		}},
		{"resources in another order", same, func(d tree) bool { return d.list("resources")[0].turn("resources") }},
		{"each resource by itself", same, func(d tree) bool {
			first := d.list("resources")[0]
			list, _ := first["resources"].([]any)
			var out []any
			for _, r := range list {
				out = append(out, tree{"resources": []any{r}, "providers": first["providers"]})
			}
			d["resources"] = out
			return len(out) > 1
		}},
	}
}

func podSecurityRewrites() []rewrite {
	out := []rewrite{
		{"no defaults", weaker, func(d tree) bool { delete(d, "defaults"); return true }},
		{"a namespace exempt", weaker, func(d tree) bool { return d.at("exemptions").more("namespaces", false, "shop") }},
		{"a user exempt", weaker, func(d tree) bool { return d.at("exemptions").more("usernames", false, "mallory") }},
		{"a runtime class exempt", weaker, func(d tree) bool { return d.at("exemptions").more("runtimeClasses", false, "any") }},
		{"nothing exempt", stronger, func(d tree) bool { delete(d, "exemptions"); return true }},
	}
	for _, mode := range []string{"enforce", "audit", "warn"} {
		out = append(out,
			rewrite{mode + " privileged", weaker, func(d tree) bool {
				was := d.at("defaults")[mode]
				d.at("defaults")[mode] = "privileged"
				return was == "baseline" || was == "restricted"
			}},
			rewrite{mode + " not said", weaker, func(d tree) bool {
				was := d.at("defaults")[mode]
				delete(d.at("defaults"), mode)
				return was == "baseline" || was == "restricted"
			}},
			rewrite{mode + " baseline", weaker, func(d tree) bool {
				was := d.at("defaults")[mode]
				d.at("defaults")[mode] = "baseline"
				return was == "restricted"
			}},
			rewrite{mode + " restricted", stronger, func(d tree) bool {
				was := d.at("defaults")[mode]
				d.at("defaults")[mode] = "restricted"
				return was == "baseline"
			}},
			rewrite{mode + " of another minor", different, func(d tree) bool {
				was := d.at("defaults")[mode]
				d.at("defaults")[mode+"-version"] = "v1.25"
				return was != "privileged"
			}},
		)
	}
	return out
}

// documentFile returns where a document stands on the node; ok is false where the profile has none.
func (s *subject) documentFile(d layout.Document) (string, bool) {
	_, ok := s.files[d.File]
	return d.File, ok && s.Role == settings.ControlPlane
}

// documentMutations change what the API server's documents say, and where they stand.
func (s *subject) documentMutations(*score) []mutation {
	var out []mutation
	for _, d := range layout.Documents() {
		file, ok := s.documentFile(d)
		if !ok {
			continue
		}
		text, at := s.files[file].data, d.Path
		for _, r := range rewrites(at) {
			doc := parsed(text)
			if !r.do(doc) {
				continue
			}
			want := r.want(settings.Key{Component: settings.APIServer, Path: at})
			changed := asYAML(doc)
			out = append(out, mutation{place: "document", kind: r.kind, what: at, want: want, change: func(s *state) { s.files.write(file, changed) }})
		}
		for kind, content := range map[string]string{"no YAML": "kind: [", "two documents": text + "\n---\n" + text, "empty": ""} {
			out = append(out, mutation{place: "document", kind: kind, what: at, want: found(settings.APIServer, "", at, unknown), change: func(s *state) { s.files.write(file, content) }})
		}
		out = append(out, mutation{place: "document", kind: "gone", what: at, want: found(settings.APIServer, "", at, unknown), change: func(s *state) { delete(s.files, file) }})
		if d.Flag != "" {
			out = append(out, s.moves(d)...)
		}
	}
	slices.SortFunc(out, func(a, b mutation) int { return strings.Compare(a.String(), b.String()) })
	return append(out, s.pluginMutations()...)
}

// moves put a document, and what stands beside it, into another directory with its mount.
func (s *subject) moves(d layout.Document) []mutation {
	api, dir := manifestOf(settings.APIServer), path.Dir(d.File)
	return []mutation{{
		place: "document", kind: "moved with its mount", what: d.Path, change: func(s *state) {
			for name, f := range s.files.clone() {
				if rest, ok := strings.CutPrefix(name, dir+"/"); ok && f.mode.IsRegular() {
					s.files.write("/srv/site/"+rest, f.data)
					delete(s.files, name)
				}
			}
			s.files.replace(api, "mountPath: "+dir+"\n", "mountPath: /srv/site\n")
			s.files.replace(api, "path: "+dir+"\n", "path: /srv/site\n")
			s.files.setWords(settings.APIServer, d.Flag, "--"+d.Flag+"=/srv/site/"+path.Base(d.File))
		},
	}, {
		place: "document", kind: "seen at another path", what: d.Path, change: func(s *state) {
			s.files.replace(api, "mountPath: "+dir+"\n", "mountPath: /site\n")
			s.files.setWords(settings.APIServer, d.Flag, "--"+d.Flag+"=/site/"+path.Base(d.File))
		},
	}, {
		place: "document", kind: "in no volume", what: d.Path, want: found(settings.APIServer, "", d.Path, unknown), change: func(s *state) {
			s.files.setWords(settings.APIServer, d.Flag, "--"+d.Flag+"=/in/the/image.yaml")
		},
	}}
}

// pluginMutations change where admission plugins have their configuration from.
func (s *subject) pluginMutations() []mutation {
	admission, _ := layout.DocumentFor("AdmissionConfiguration")
	file, ok := s.documentFile(admission)
	if !ok {
		return nil
	}
	var out []mutation
	for i, plugin := range parsed(s.files[file].data).list("plugins") {
		name, _ := plugin["name"].(string)
		beside, _ := plugin["path"].(string)
		kind := name
		if name == "PodSecurity" {
			kind = "PodSecurityConfiguration"
		}
		own := path.Join(path.Dir(file), beside)
		add := func(what string, want []expected, change func(m memory, doc tree)) {
			out = append(out, mutation{place: "plugin", kind: what, what: name, want: want, change: func(s *state) {
				doc := parsed(s.files[file].data)
				change(s.files, doc)
				s.files.write(file, asYAML(doc))
			}})
		}
		add("its configuration in place", nil, func(m memory, doc tree) {
			p := doc.list("plugins")[i]
			delete(p, "path")
			p["configuration"] = parsed(m[own].data)
		})
		add("its path absolute", nil, func(_ memory, doc tree) { doc.list("plugins")[i]["path"] = own })
		add("its file of another name", nil, func(m memory, doc tree) {
			doc.list("plugins")[i]["path"] = "site.yaml"
			m.write(path.Join(path.Dir(file), "site.yaml"), m[own].data)
			delete(m, own)
		})
		add("not configured", append(found(settings.APIServer, "", "AdmissionConfiguration", weaker), found(settings.APIServer, "", kind, weaker)...),
			func(_ memory, doc tree) { doc.drop("plugins", i) })
		add("in another order", nil, func(_ memory, doc tree) { doc.turn("plugins") })
		for _, r := range rewrites(kind) {
			content := parsed(s.files[own].data)
			if !r.do(content) {
				continue
			}
			want := r.want(settings.Key{Component: settings.APIServer, Path: kind})
			add("in place, "+r.kind, want, func(_ memory, doc tree) {
				p := doc.list("plugins")[i]
				delete(p, "path")
				p["configuration"] = content
			})
		}
	}
	return out
}
