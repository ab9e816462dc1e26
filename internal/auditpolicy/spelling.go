package auditpolicy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/nearest"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// spelling warns, rule by rule, of texts that the API server takes literally, and that therefore do not
// mean what they say.
func (l *linter) spelling() {
	rules := l.tree.Get("rules")
	for i, node := range rules.Items {
		r := &l.rules[i]
		for _, name := range []string{"users", "userGroups", "verbs", "namespaces", "nonResourceURLs", "resources"} {
			list := node.Get(name)
			if list == nil {
				continue
			}
			if len(list.Items) == 0 {
				l.add("", r, diag.Warning, list.Origin, name, fmt.Sprintf("has an empty list of %s, which is no condition at all", name), "leave the field out if that is meant")
			}
			if name == "resources" {
				for j, item := range list.Items {
					l.entry(r, item, fmt.Sprintf("resources[%d]", j))
				}
				continue
			}
			for j, item := range list.Items {
				l.literal(r, name, item, fmt.Sprintf("%s[%d]", name, j))
			}
		}
	}
}

// literal warns of one text of a list.
func (l *linter) literal(r *rule, list string, item *settings.Value, field string) {
	if list == "nonResourceURLs" {
		return
	}
	if strings.Contains(item.Text, "*") {
		l.add("", r, diag.Warning, item.Origin, field, fmt.Sprintf("has %s among its %s, where \"*\" is no pattern but part of the name", quote(item.Text), list),
			fmt.Sprintf("leave %s out to match all; name each one otherwise", list))
		return
	}
	if list != "verbs" {
		return
	}
	known := union(resourceVerbs()[:8], pathVerbs())
	if !slices.Contains(known, item.Text) {
		l.add("", r, diag.Warning, item.Origin, field, fmt.Sprintf("has the verb %s, which requests do not have", quote(item.Text)), nearest.Hint(item.Text, known))
	}
}

// entry warns of groups and resources that the API server does not have. A group with a dot may come
// with an extension, and what extensions serve is not known here.
func (l *linter) entry(r *rule, entry *settings.Value, field string) {
	at := entry.Origin
	if group := entry.Get("group"); group != nil {
		at = group.Origin
	}
	group := text(entry.Get("group"))
	if group == "*" {
		return
	}
	if _, ok := l.served[group]; !ok {
		groups := make([]string, 0, len(l.served))
		for g := range l.served {
			groups = append(groups, g)
		}
		hint := nearest.Hint(group, groups)
		switch {
		case group == "core" || group == "v1":
			hint = `the core group is written ""`
		case strings.Contains(group, "."):
			return
		}
		l.add("", r, diag.Warning, at, field+".group", fmt.Sprintf("names the API group %s, which the API server does not have", quote(group)), hint)
		return
	}
	resources := entry.Get("resources")
	if resources == nil {
		return
	}
	for i, item := range resources.Items {
		if l.served.matches(group, item.Text) {
			continue
		}
		hint := nearest.Hint(item.Text, l.served[group])
		if groups := l.served.groupsOf(item.Text); len(groups) > 0 {
			for i := range groups {
				groups[i] = quote(groups[i])
			}
			hint = "it is in group " + enumerate(groups)
		}
		l.add("", r, diag.Warning, item.Origin, fmt.Sprintf("%s.resources[%d]", field, i),
			fmt.Sprintf("names %s, which group %q does not have", quote(item.Text), group), hint)
	}
}
