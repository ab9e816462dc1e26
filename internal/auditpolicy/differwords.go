package auditpolicy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// ranked is a text; the lower rank comes first.
type ranked struct {
	rank int
	text string
}

// phrase is some objects or paths, and what the requests for them have in common.
type phrase struct {
	before, after string
	objects       []ranked
}

// results puts the changes into words.
func (d *differ) results() []Change {
	out := make([]Change, 0, len(d.order))
	for _, c := range d.order {
		rest := d.rest(c)
		slices.SortStableFunc(c.what, func(a, b *affected) int {
			return cmp.Compare(d.namesOf(a.class)[0].rank, d.namesOf(b.class)[0].rank)
		})
		var phrases []*phrase
		index := make(map[string]*phrase)
		for _, x := range c.what {
			before, after := d.around(x)
			names := d.namesOf(x.class)
			if names[0].text != allOther && rest[like(x, before, after)] {
				continue // apart only because of what its bodies hold
			}
			p := index[before+"\n"+after]
			if p == nil {
				if len(phrases) > maxPhrases {
					continue
				}
				p = &phrase{before: before, after: after}
				index[before+"\n"+after] = p
				phrases = append(phrases, p)
			}
			if len(p.objects) < maxPhrases {
				p.objects = append(p.objects, names...)
			}
		}
		for _, p := range phrases {
			c.Requests = append(c.Requests, p.String())
		}
		out = append(out, c.Change)
	}
	return out
}

func (p *phrase) String() string {
	slices.SortFunc(p.objects, byRank)
	objects := slices.Compact(p.objects)
	const most = 5
	texts := make([]string, 0, most+1)
	for _, o := range objects[:min(len(objects), most)] {
		texts = append(texts, o.text)
	}
	if len(objects) > most {
		texts = append(texts, fmt.Sprintf("%d more", len(objects)-most))
	}
	return p.before + enumerate(texts) + p.after
}

func byRank(a, b ranked) int {
	return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.text, b.text))
}

// Bounds of what is said.
const (
	maxPhrases = 1_000 // of one change
	maxWords   = 50    // of one class
)

// allOther stands for the resources that no rule names.
const allOther = "all other resources"

// rest returns what is like the resources that no rule names, where these are among what changes.
func (d *differ) rest(c *change) map[string]bool {
	out := make(map[string]bool)
	for _, x := range c.what {
		if d.namesOf(x.class)[0].text == allOther {
			before, after := d.around(x)
			out[like(x, before, after)] = true
		}
	}
	return out
}

func like(x *affected, before, after string) string {
	var a Attributes
	x.class.values[0].set(&a)
	return fmt.Sprint(x.class.matched, a.Resource == "") + "\n" + before + "\n" + after
}

// around says how, by whom and where the requests of a class are made, as far as that is not always.
func (d *differ) around(x *affected) (before, after string) {
	if verbs, others, all := chosen(x.dims[1], x.verbs, false); !all {
		switch joined := strings.Join(verbs, ","); {
		case joined == strings.Join(writeVerbs(), ","):
			before = "changes of "
		case joined == "get,list,watch":
			before = "reads of "
		case others && joined == "":
			before = "other verbs on "
		default:
			before = joined + " "
		}
	}
	if users, others, all := chosen(x.dims[2], x.users, true); !all {
		if others {
			users = append([]string{"others"}, users...)
		}
		after = " by " + few(users)
	}
	if namespaces, others, all := chosen(x.dims[3], x.namespaces, true); !all {
		if others {
			namespaces = append([]string{"other namespaces"}, namespaces...)
		}
		after += " in " + few(namespaces)
	}
	return before, after
}

// few joins some texts, the first of many.
func few(list []string) string {
	const most = 4
	if len(list) > most {
		return enumerate(append(slices.Clone(list[:most]), "more"))
	}
	return enumerate(list)
}

// chosen returns the names of the classes picked: others tells that what no rule names is among them, all that every
// class is. Users of several groups are named where nobody else is. Where it swallows, what no rule names stands for all of its class.
func chosen(classes []class, picked []bool, swallows bool) (names []string, others, all bool) {
	all = true
	var combined []string
	for i, c := range classes {
		if !picked[i] {
			all = false
			continue
		}
		unnamed := slices.ContainsFunc(c.values, func(v value) bool { return v.label == "" })
		others = others || unnamed
		if unnamed && swallows {
			continue
		}
		for _, v := range c.values {
			list := &names
			if v.combined {
				list = &combined
			}
			if v.label != "" && len(*list) < maxWords && !slices.Contains(*list, v.label) {
				*list = append(*list, v.label)
			}
		}
	}
	if len(names) == 0 {
		names = combined
	}
	return names, others, all
}

// namesOf names the objects or paths of a class, the most telling first: a whole group at once where all of it is in the
// class.
func (d *differ) namesOf(c class) []ranked {
	var a Attributes
	c.values[0].set(&a)
	key := fmt.Sprint(c.matched, c.values[0].key, a.Resource == "")
	if known, ok := d.names[key]; ok {
		return known
	}
	out := d.unsorted(c)
	slices.SortFunc(out, byRank)
	out = slices.Compact(out)
	d.names[key] = out[:min(len(out), maxWords)]
	return d.names[key]
}

func (d *differ) unsorted(c class) []ranked {
	var out []ranked
	groups := make(map[string]bool)
	objects := make([]Attributes, len(c.values))
	for i, v := range c.values {
		v.set(&objects[i])
		if o := objects[i]; o.Resource == d.fresh && o.Subresource == "" && (o.Name == d.fresh || o.Name == "") {
			groups[o.Group] = true
		}
	}
	if groups[d.fresh] {
		return []ranked{{2, allOther}}
	}
	for i, o := range objects {
		switch {
		case o.Resource == "":
			out = append(out, ranked{1, c.values[i].label})
		case groups[o.Group]:
			out = append(out, ranked{1, cmp.Or(o.Group, "core") + "/*"})
		default:
			out = append(out, ranked{d.rank(o), d.spelled(o)})
		}
	}
	return out
}

// rank puts what an investigation starts from first.
func (d *differ) rank(o Attributes) int {
	if secretKind(o) != "" {
		return 0
	}
	for _, in := range interesting() {
		for _, t := range in.space.targets {
			if t.Group == o.Group && t.Resource == o.Resource && t.Subresource == o.Subresource {
				return 0
			}
		}
	}
	return 1
}

// spelled names an object as people do: pods/exec, deployments.apps, secrets named x.
func (d *differ) spelled(o Attributes) string {
	out := strings.ReplaceAll(o.Resource, d.fresh, "*")
	if o.Group != "" {
		out += "." + strings.ReplaceAll(o.Group, d.fresh, "*")
	}
	if o.Subresource != "" {
		out += "/" + strings.ReplaceAll(o.Subresource, d.fresh, "*")
	}
	if o.Name != "" && o.Name != d.fresh {
		out += " named " + o.Name
	}
	return out
}
