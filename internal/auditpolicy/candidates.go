package auditpolicy

import (
	"cmp"
	"slices"
	"strings"
)

// users returns who can send a request that the rule matches, each with as few groups as the API server
// gives such a user (k8s.io/apiserver, pkg/authentication/group and .../serviceaccount/util.go).
func (s *searcher) users(r *rule, in space) []candidate {
	key := usersOf{r.number, in.authenticated, in.failed}
	if known, ok := s.known[key]; ok {
		return known
	}
	var users []*User
	anonymous := &User{Name: "system:anonymous", Groups: []string{"system:unauthenticated"}}
	switch {
	case in.failed:
		if matchesUser(r, nil) {
			users = []*User{nil}
		}
	case len(r.users) == 0 && len(r.userGroups) == 0:
		users = []*User{userOf(s.fresh), anonymous}
		if !in.authenticated {
			users = append(users, nil)
		}
	case len(r.userGroups) == 0:
		for _, name := range r.users {
			users = append(users, userOf(name))
		}
	case len(r.users) == 0:
		for _, group := range r.userGroups {
			namespace, ofNamespace := strings.CutPrefix(group, "system:serviceaccounts:")
			switch {
			case group == "system:unauthenticated":
				users = append(users, anonymous)
			case ofNamespace:
				users = append(users, userOf("system:serviceaccount:"+namespace+":"+s.fresh))
			case group == "system:serviceaccounts":
				users = append(users, userOf("system:serviceaccount:"+s.fresh+":"+s.fresh))
			default:
				users = append(users, userOf(s.fresh, group))
			}
		}
	default:
		for _, name := range r.users {
			for _, group := range r.userGroups {
				if canHold(name, group) {
					users = append(users, userOf(name, group))
				}
			}
		}
	}
	out := make([]candidate, 0, len(users))
	for _, u := range users {
		out = append(out, candidate{
			set:     func(a *Attributes) { a.User = u },
			matched: s.earlier(r, func(j *rule) bool { return matchesUser(j, u) }),
		})
	}
	out = minimal(out)
	s.known[key] = out
	return out
}

// canHold reports whether a user of that name can be in the group. The groups of service accounts and of
// anonymous requests are the API server's to give; all others come from whoever authenticates.
func canHold(name, group string) bool {
	const anonymous = "system:anonymous"
	if name == anonymous || group == "system:unauthenticated" {
		return name == anonymous && group == "system:unauthenticated"
	}
	if group == "system:serviceaccounts" || strings.HasPrefix(group, "system:serviceaccounts:") {
		return slices.Contains(userOf(name).Groups, group)
	}
	return true
}

// userOf returns a user with the groups that come with the name, and those given.
func userOf(name string, groups ...string) *User {
	u := &User{Name: name, Groups: groups}
	if name == "system:anonymous" {
		u.Groups = append(u.Groups, "system:unauthenticated")
		return u
	}
	if rest, ok := strings.CutPrefix(name, "system:serviceaccount:"); ok {
		if namespace, _, ok := strings.Cut(rest, ":"); ok {
			u.Groups = append(u.Groups, "system:serviceaccounts", "system:serviceaccounts:"+namespace)
		}
	}
	u.Groups = append(u.Groups, "system:authenticated")
	return u
}

// resourceVerbs are all that a request for a resource can have (k8s.io/apiserver v0.37.0,
// pkg/endpoints/request/requestinfo.go): none is that of an HTTP method it does not know.
func resourceVerbs() []string {
	return []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "proxy", ""}
}

// pathVerbs are the HTTP methods, in lower case; any other text can be one too.
func pathVerbs() []string {
	return []string{"get", "head", "post", "put", "patch", "delete", "options", "connect", "trace"}
}

// verbs returns the rule's verbs, or all, as far as the space and the kind of request have them.
func (s *searcher) verbs(r *rule, in space, possible []string) []candidate {
	var out []candidate
	for _, verb := range possible {
		if !matchesVerb(r, verb) || len(in.verbs) > 0 && !slices.Contains(in.verbs, verb) {
			continue
		}
		out = append(out, candidate{
			set:     func(a *Attributes) { a.Verb = verb },
			matched: s.earlier(r, func(j *rule) bool { return matchesVerb(j, verb) }),
		})
	}
	return minimal(out)
}

func (s *searcher) namespaces(r *rule, in space) []candidate {
	namespaces := r.namespaces
	if len(namespaces) == 0 {
		namespaces = []string{s.fresh, ""}
	}
	var out []candidate
	for _, namespace := range namespaces {
		if in.namespaced == with && namespace == "" || in.namespaced == without && namespace != "" {
			continue
		}
		out = append(out, candidate{
			set:     func(a *Attributes) { a.Namespace = namespace },
			matched: s.earlier(r, func(j *rule) bool { return matchesNamespace(j, namespace) }),
		})
	}
	return minimal(out)
}

// objects returns group, resource, subresource and name together: a rule ties the four in its entries.
func (s *searcher) objects(r *rule, in space) []candidate {
	var out []candidate
	add := func(a Attributes, names []string) {
		if len(names) == 0 {
			names = []string{s.fresh, ""}
		}
		for _, name := range names {
			if in.named == with && name == "" || in.named == without && name != "" {
				continue
			}
			b := Attributes{Group: a.Group, Resource: a.Resource, Subresource: a.Subresource, Name: name}
			out = append(out, candidate{
				set: func(a *Attributes) {
					a.Group, a.Resource, a.Subresource, a.Name = b.Group, b.Resource, b.Subresource, b.Name
				},
				matched: s.earlier(r, func(j *rule) bool { return s.matchesObject(j, b) }),
			})
		}
	}
	entries := r.resources
	if len(entries) == 0 {
		entries = []groupResources{{group: "*"}}
	}
	for _, e := range entries {
		anyGroup := e.group == "*" && (s.groupStar || len(r.resources) == 0)
		specs, names := e.resources, e.names
		if len(specs) == 0 {
			specs, names = []string{"*"}, nil
		}
		if len(in.targets) > 0 {
			for _, t := range in.targets {
				if (anyGroup || e.group == t.Group) && slices.ContainsFunc(specs, func(spec string) bool {
					return resourceMatches(spec, t.Resource, t.Subresource)
				}) {
					add(t, names)
				}
			}
			continue
		}
		group := e.group
		if anyGroup {
			group = s.fresh
		}
		for _, spec := range specs {
			if resource, sub, ok := s.object(spec); ok {
				add(Attributes{Group: group, Resource: resource, Subresource: sub}, names)
			}
		}
	}
	return minimal(out)
}

// object returns the resource and subresource that a spelling matches and the fewest others do.
func (s *searcher) object(spec string) (resource, sub string, ok bool) {
	resource, sub, slash := strings.Cut(spec, "/")
	switch {
	case spec == "*":
		return s.fresh, "", true
	case spec == "*/*" || resource == "" || slash && sub == "" || strings.Contains(sub, "/"):
		return "", "", false
	case resource == "*":
		return s.fresh, sub, true
	case sub == "*":
		return resource, s.fresh, true
	}
	return resource, sub, true
}

func (s *searcher) paths(r *rule) []candidate {
	urls := r.nonResourceURLs
	if len(urls) == 0 {
		urls = []string{"*"}
	}
	out := make([]candidate, 0, len(urls))
	for _, url := range urls {
		path := url
		if prefix, ok := strings.CutSuffix(url, "*"); ok {
			path = cmp.Or(prefix, "/") + s.fresh
		}
		out = append(out, candidate{
			set:     func(a *Attributes) { a.Path = path },
			matched: s.earlier(r, func(j *rule) bool { return matchesPath(j, path) }),
		})
	}
	return minimal(out)
}
