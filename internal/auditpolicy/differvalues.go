package auditpolicy

import (
	"slices"
	"strings"
)

// allUsers returns everybody whom the rules can tell apart. A rule needs one group of a user, so the two rules that
// decide need two: no user with more groups is decided otherwise than one with two of them.
func (d *differ) allUsers() ([]value, error) {
	var names, groups []string
	for i := range d.rules {
		names, groups = append(names, d.rules[i].users...), append(groups, d.rules[i].userGroups...)
	}
	names, groups = union(names), union(groups)
	if (len(names)+2)*(len(groups)+1)*(len(groups)+2)/2 > maxValues {
		return nil, ErrTooLarge
	}
	var out []value
	add := func(label, name string, held ...string) {
		for _, g := range held {
			if !canHold(name, g) {
				return
			}
		}
		u := userOf(name, held...)
		out = append(out, value{set: func(a *Attributes) { a.User = u }, label: label, combined: strings.Contains(label, " in ") || len(held) > 1})
	}
	out = append(out, value{set: func(a *Attributes) { a.User = userOf(d.fresh) }})
	anonymous := &User{Name: "system:anonymous", Groups: []string{"system:unauthenticated"}}
	out = append(out, value{set: func(a *Attributes) { a.User = anonymous }, label: "system:anonymous"})
	out = append(out, value{set: func(a *Attributes) { a.User = nil }, label: "nobody who is known"})
	for _, n := range names {
		add(n, n)
	}
	accounts := "system:serviceaccount:" + d.fresh + ":" + d.fresh
	add("system:serviceaccounts", accounts)
	bases := append([]string{d.fresh, accounts}, names...)
	for _, g := range groups {
		if namespace, ok := strings.CutPrefix(g, "system:serviceaccounts:"); ok {
			name := "system:serviceaccount:" + namespace + ":" + d.fresh
			add(g, name)
			bases = append(bases, name)
		}
	}
	for _, base := range bases {
		for i, g := range groups {
			add(d.member(base, g), base, g)
			for _, other := range groups[i+1:] {
				add(d.member(base, g+" and "+other), base, g, other)
			}
		}
	}
	return out, nil
}

// member names somebody in groups.
func (d *differ) member(name, groups string) string {
	if strings.Contains(name, d.fresh) {
		return groups
	}
	return name + " in " + groups
}

func (d *differ) verbValues(verbs []string) []value {
	out := make([]value, 0, len(verbs))
	for _, verb := range verbs {
		v := value{set: func(a *Attributes) { a.Verb = verb }}
		if verb != d.fresh && verb != "proxy" {
			v.label = verb
		}
		out = append(out, v)
	}
	return out
}

func (d *differ) allNamespaces() []value {
	var names []string
	for i := range d.rules {
		names = append(names, d.rules[i].namespaces...)
	}
	var out []value
	for _, name := range union([]string{d.fresh, ""}, names) {
		v := value{set: func(a *Attributes) { a.Namespace = name }}
		switch name {
		case d.fresh:
		case "":
			v.label = "no namespace"
		default:
			v.label = name
		}
		out = append(out, v)
	}
	return out
}

// allObjects returns what can be asked for: of the groups that the API server has, what it serves and what the rules
// name; of others, every combination of the words that rules have.
func (d *differ) allObjects() ([]value, error) {
	groups, bases, subs, names := []string{d.fresh}, []string{d.fresh}, []string{"", d.fresh}, []string{d.fresh, ""}
	var literal []Attributes
	for i := range d.rules {
		for _, e := range d.rules[i].resources {
			if e.group != "*" {
				groups = append(groups, e.group)
			}
			names = append(names, e.names...)
			for _, spec := range e.resources {
				resource, sub, ok := d.object(spec)
				if !ok {
					continue
				}
				bases, subs = append(bases, resource), append(subs, sub)
				literal = append(literal, Attributes{Group: e.group, Resource: resource, Subresource: sub})
			}
		}
	}
	groups, bases, subs, names = union(groups), union(bases), union(subs), union(names)
	if len(bases)*len(subs)*len(groups) > maxValues || (len(literal)+len(subs))*len(groups) > maxValues {
		return nil, ErrTooLarge
	}
	var objects []Attributes
	for group, resources := range d.served {
		for _, r := range resources {
			resource, sub, _ := strings.Cut(r, "/")
			objects = append(objects, Attributes{Group: group, Resource: resource, Subresource: sub})
		}
		for _, sub := range subs {
			objects = append(objects, Attributes{Group: group, Resource: d.fresh, Subresource: sub})
		}
		for _, l := range literal {
			if l.Group == group {
				objects = append(objects, l)
			}
		}
	}
	for _, group := range groups {
		if _, ok := d.served[group]; ok {
			continue
		}
		for _, base := range bases {
			for _, sub := range subs {
				objects = append(objects, Attributes{Group: group, Resource: base, Subresource: sub})
			}
		}
	}
	if len(objects)*len(names) > maxValues {
		return nil, ErrTooLarge
	}
	slices.SortFunc(objects, func(a, b Attributes) int {
		return strings.Compare(a.Group+" "+a.Resource+"/"+a.Subresource, b.Group+" "+b.Resource+"/"+b.Subresource)
	})
	var out []value
	for _, o := range slices.CompactFunc(objects, func(a, b Attributes) bool {
		return a.Group == b.Group && a.Resource == b.Resource && a.Subresource == b.Subresource
	}) {
		for _, name := range names {
			out = append(out, value{
				set: func(a *Attributes) {
					a.Group, a.Resource, a.Subresource, a.Name = o.Group, o.Resource, o.Subresource, name
				},
				key: secretKind(o),
			})
		}
	}
	return out, nil
}

func (d *differ) allPaths() []value {
	var urls []string
	for i := range d.rules {
		urls = append(urls, d.rules[i].nonResourceURLs...)
	}
	out := []value{{set: func(a *Attributes) { a.Path = "/" + d.fresh }, label: "all other paths"}}
	add := func(path, label string) {
		out = append(out, value{set: func(a *Attributes) { a.Path = path }, label: label})
	}
	for _, url := range union(urls) {
		if prefix := strings.TrimRight(url, "*"); prefix != url {
			add(prefix+d.fresh, url)
			if prefix != "" {
				add(prefix, prefix)
			}
			continue
		}
		add(url, url)
	}
	return out
}
