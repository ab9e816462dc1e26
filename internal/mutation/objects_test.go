package mutation

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// objectLayer is what the API shows of the cluster's objects.
func objectLayer(list []settings.Setting) []observe.Layer {
	return []observe.Layer{{
		View: observe.View{Source: settings.FromAPI, Component: settings.Cluster, Account: "objects"}, Rank: observe.ConfigFile, Place: "the API", Settings: list,
	}}
}

// objects are those that the profile wants, with one replaced; nil takes it away.
func (s *subject) objects(k settings.Key, with tree) []settings.Setting {
	var out []settings.Setting
	there := false
	for _, one := range s.wanted.Settings.Of(settings.Cluster, "") {
		if one.Key == k {
			there = true
			if with == nil {
				continue
			}
			one.Value = settings.Of(valueTree(with))
		}
		out = append(out, one)
	}
	if !there && with != nil {
		out = append(out, settings.Setting{Key: k, Shape: settings.Document, Value: settings.Of(valueTree(with))})
	}
	return out
}

// valueTree gives a tree the types that settings.Of takes.
func valueTree(v any) any {
	switch t := v.(type) {
	case tree:
		return valueTree(map[string]any(t))
	case map[string]any:
		out := map[string]any{}
		for k, one := range t {
			out[k] = valueTree(one)
		}
		return out
	case []any:
		out := []any{}
		for _, one := range t {
			out = append(out, valueTree(one))
		}
		return out
	}
	return v
}

// objectRewrites lists the changes of an object, by its kind.
func objectRewrites(kind string) []rewrite {
	out := []rewrite{
		{"with what the API server adds", same, func(d tree) bool {
			m := d.at("metadata")
			m["uid"], m["resourceVersion"], m["creationTimestamp"], m["generation"] = "u", "7", "2026-01-01T00:00:00Z", 3
			m["managedFields"] = []any{tree{"manager": "hardstrap"}}
			return true
		}},
	}
	spec := func(d tree) tree { return d.at("spec") }
	switch kind {
	case "Namespace":
		for _, mode := range []string{"enforce", "audit", "warn"} {
			label := "pod-security.kubernetes.io/" + mode
			out = append(out,
				rewrite{"label " + mode + " gone", weaker, func(d tree) bool {
					was := labels(d)[label]
					delete(labels(d), label)
					return was == "baseline" || was == "restricted"
				}},
				rewrite{"label " + mode + " privileged", weaker, func(d tree) bool {
					was := labels(d)[label]
					labels(d)[label] = "privileged"
					return was == "baseline" || was == "restricted"
				}},
				rewrite{"label " + mode + " baseline", weaker, func(d tree) bool {
					was := labels(d)[label]
					labels(d)[label] = "baseline"
					return was == "restricted"
				}},
			)
		}
		out = append(out, rewrite{"another label", same, func(d tree) bool { labels(d)["team"] = "shop"; return true }})
	case "Role", "ClusterRole":
		out = append(out,
			rewrite{"a rule more", weaker, func(d tree) bool {
				return d.more("rules", false, tree{"apiGroups": []any{"*"}, "resources": []any{"*"}, "verbs": []any{"*"}})
			}},
			rewrite{"no rules", stronger, func(d tree) bool { had := len(d.list("rules")) > 0; d["rules"] = []any{}; return had }},
			rewrite{"a verb more", weaker, func(d tree) bool {
				rules := d.list("rules")
				return len(rules) > 0 && !slices.Contains(rules[0]["verbs"].([]any), any("*")) && rules[0].more("verbs", false, "escalate")
			}},
			rewrite{"rules in another order", same, func(d tree) bool { return d.turn("rules") }},
		)
	case "RoleBinding", "ClusterRoleBinding":
		out = append(out,
			rewrite{"a subject more", weaker, func(d tree) bool {
				return d.more("subjects", false, tree{"kind": "User", "name": "mallory", "apiGroup": "rbac.authorization.k8s.io"})
			}},
			rewrite{"a subject less", stronger, func(d tree) bool { return len(d.list("subjects")) > 0 && d.drop("subjects", 0) }},
		)
	case "ServiceAccount":
		out = append(out, rewrite{"tokens in every pod", weaker, func(d tree) bool {
			was := d["automountServiceAccountToken"]
			d["automountServiceAccountToken"] = true
			return was == false
		}}, rewrite{"nothing said of tokens", weaker, func(d tree) bool {
			was := d["automountServiceAccountToken"]
			delete(d, "automountServiceAccountToken")
			return was == false
		}})
	case "NetworkPolicy":
		out = append(out,
			rewrite{"ingress from everywhere", weaker, func(d tree) bool {
				return isolates(d, "Ingress") && spec(d).more("ingress", false, tree{}) && !opens(d, "ingress")
			}},
			rewrite{"egress to everywhere", weaker, func(d tree) bool {
				return isolates(d, "Egress") && spec(d).more("egress", false, tree{}) && !opens(d, "egress")
			}},
			rewrite{"for other pods", weaker, func(d tree) bool {
				selector := spec(d).at("podSelector")
				spec(d)["podSelector"] = tree{"matchLabels": tree{"none": "such"}}
				return len(selector) == 0 && len(spec(d).list("ingress"))+len(spec(d).list("egress")) == 0
			}},
		)
	case "ResourceQuota":
		out = append(out, rewrite{"more of everything", weaker, func(d tree) bool {
			for k := range spec(d).at("hard") {
				spec(d).at("hard")[k] = "9999T"
			}
			return len(spec(d).at("hard")) > 0
		}}, rewrite{"less of everything", stronger, func(d tree) bool {
			some := false
			for k, v := range spec(d).at("hard") {
				some = some || v != "0" && v != int64(0)
				spec(d).at("hard")[k] = "0"
			}
			return some
		}}, rewrite{"one limit gone", weaker, func(d tree) bool {
			for k := range spec(d).at("hard") {
				delete(spec(d).at("hard"), k)
				return true
			}
			return false
		}})
	case "LimitRange":
		out = append(out, rewrite{"no limits, and nothing given", weaker, func(d tree) bool { had := given(d); spec(d)["limits"] = []any{}; return had }})
		out = append(out, rewrite{"no limits", weaker, func(d tree) bool {
			had := len(spec(d).list("limits")) > 0 && !given(d)
			spec(d)["limits"] = []any{}
			return had
		}})
	case "ValidatingAdmissionPolicy":
		out = append(out,
			rewrite{"failures ignored", weaker, func(d tree) bool {
				was := spec(d)["failurePolicy"]
				spec(d)["failurePolicy"] = "Ignore"
				return was != "Ignore"
			}},
			rewrite{"a validation gone", weaker, func(d tree) bool { return spec(d).drop("validations", 0) }},
			rewrite{"judges fewer operations", weaker, func(d tree) bool {
				rules := spec(d).at("matchConstraints").list("resourceRules")
				return len(rules) > 0 && len(rules[0]["operations"].([]any)) > 1 && rules[0].drop("operations", 0)
			}},
			rewrite{"leaves some requests out", weaker, func(d tree) bool {
				return spec(d).more("matchConditions", false, tree{"name": "site", "expression": "request.userInfo.username != 'mallory'"})
			}},
			rewrite{"messages in other words", different, func(d tree) bool {
				for _, v := range spec(d).list("validations") {
					v["message"] = "no"
				}
				return true
			}},
		)
	case "ValidatingAdmissionPolicyBinding":
		out = append(out, rewrite{"warns instead of refusing", weaker, func(d tree) bool {
			list, _ := spec(d)["validationActions"].([]any)
			spec(d)["validationActions"] = []any{"Warn"}
			return slices.Equal(list, []any{"Deny"})
		}}, rewrite{"for fewer namespaces", weaker, func(d tree) bool {
			m := spec(d).at("matchResources")
			if m == nil {
				m = tree{}
				spec(d)["matchResources"] = m
			}
			had := m.at("namespaceSelector")
			m["namespaceSelector"] = tree{"matchLabels": tree{"none": "such"}}
			return len(had) == 0
		}})
	}
	return out
}

func isolates(d tree, direction string) bool {
	types, _ := d.at("spec")["policyTypes"].([]any)
	return slices.Contains(types, any(direction))
}

// opens reports whether a policy allowed everything in a direction before the last peer was added.
func opens(d tree, direction string) bool {
	rules := d.at("spec").list(direction)
	return slices.ContainsFunc(rules[:len(rules)-1], func(r tree) bool { return len(r) == 0 })
}

// gone is what the absence of an object is found as.
func gone(kind string) compare.Direction {
	switch kind {
	case "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding":
		return stronger
	case "Namespace", "ServiceAccount":
		return different
	}
	return weaker
}

// objectMutations change the cluster's objects.
func (s *subject) objectMutations(*score) []mutation {
	if s.Role != settings.ControlPlane {
		return nil
	}
	out := []mutation{{place: "objects", kind: "as wanted", change: func(st *state) { st.cluster = objectLayer(s.objects(settings.Key{}, nil)) }}}
	seen := map[string]int{}
	for _, one := range s.wanted.Settings.Of(settings.Cluster, "") {
		kind, _, _, _ := one.Key.Object()
		if seen[kind]++; seen[kind] > 12 { // as many of a kind are like one another
			continue
		}
		add := func(r rewrite, with tree) {
			out = append(out, mutation{place: "objects", kind: r.kind, what: one.Key.Path, want: r.want(one.Key), change: func(st *state) { st.cluster = objectLayer(s.objects(one.Key, with)) }})
		}
		add(rewrite{kind: "gone", is: gone(kind)}, nil)
		for _, r := range objectRewrites(kind) {
			doc := tree(one.Value.Plain().(map[string]any))
			if r.do(doc) {
				add(r, doc)
			}
		}
	}
	return append(out, s.strangerMutations()...)
}

// strangerMutations add objects that the bundle does not have.
func (s *subject) strangerMutations() []mutation {
	var out []mutation
	add := func(kind, namespace, name string, is compare.Direction, what string, more tree) {
		k := settings.ObjectKey(kind, namespace, name)
		meta := tree{"name": name}
		if namespace != "" {
			meta["namespace"] = namespace
		}
		doc := tree{"apiVersion": "v1", "kind": kind, "metadata": meta}
		for key, v := range more {
			doc[key] = v
		}
		r := rewrite{kind: what, is: is}
		out = append(out, mutation{place: "objects", kind: "one more: " + what, what: k.Path, want: r.want(k), change: func(st *state) {
			st.cluster = objectLayer(s.objects(k, doc))
		}})
	}
	binding := func(role, kind, subject string) tree {
		return tree{"roleRef": tree{"kind": role[:strings.Index(role, "/")], "name": role[strings.Index(role, "/")+1:]}, "subjects": []any{tree{"kind": kind, "name": subject}}}
	}
	all := tree{"rules": []any{tree{"apiGroups": []any{"*"}, "resources": []any{"*"}, "verbs": []any{"*"}}}}
	add("ClusterRoleBinding", "", "evil", weaker, "cluster-admin for a user", binding("ClusterRole/cluster-admin", "User", "mallory"))
	add("ClusterRoleBinding", "", "evil", weaker, "a role for everybody", binding("ClusterRole/view", "Group", "system:unauthenticated"))
	add("ClusterRoleBinding", "", "evil", weaker, "a role for everybody who is known", binding("ClusterRole/edit", "Group", "system:authenticated"))
	add("ClusterRoleBinding", "", "cluster-admin", same, "Kubernetes' own", binding("ClusterRole/cluster-admin", "Group", "system:masters"))
	add("ClusterRoleBinding", "", "cluster-admin", weaker, "Kubernetes' own, for somebody else too", tree{
		"roleRef": tree{"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": []any{tree{"kind": "Group", "name": "system:masters"}, tree{"kind": "User", "name": "mallory"}},
	})
	add("ClusterRoleBinding", "", "system:discovery", same, "Kubernetes' own for everybody", binding("ClusterRole/system:discovery", "Group", "system:authenticated"))
	add("ClusterRoleBinding", "", "viewers", same, "a site's own", binding("ClusterRole/view", "Group", "developers"))
	add("RoleBinding", "kube-system", "evil", weaker, "cluster-admin in kube-system", binding("ClusterRole/cluster-admin", "User", "mallory"))
	add("RoleBinding", "shop", "admins", same, "a site's own in its namespace", binding("ClusterRole/admin", "Group", "developers"))
	add("ClusterRole", "", "site", same, "a role that nobody has", all)
	add("ClusterRole", "", "system:basic-user", weaker, "Kubernetes' own for everybody, with all rights", all)
	return out
}

// labels are those of an object, which it has from now on.
func labels(d tree) tree {
	if d.at("metadata", "labels") == nil {
		d.at("metadata")["labels"] = tree{}
	}
	return d.at("metadata", "labels")
}

// given reports whether a LimitRange gives containers what they do not ask for.
func given(d tree) bool {
	return slices.ContainsFunc(d.at("spec").list("limits"), func(l tree) bool { return l.at("defaultRequest") != nil || l.at("default") != nil })
}
