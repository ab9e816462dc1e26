package companions

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// falcoItem is an item of a rules file, with the keys that falcosecurity/falco 1307474 reads
// (userspace/engine/rule_loader_reader.cpp) and these rules use.
type falcoItem struct {
	RequiredEngineVersion  string   `yaml:"required_engine_version"`
	RequiredPluginVersions []plugin `yaml:"required_plugin_versions"`
	List                   string   `yaml:"list"`
	Items                  []string `yaml:"items"`
	Macro                  string   `yaml:"macro"`
	Rule                   string   `yaml:"rule"`
	Desc                   string   `yaml:"desc"`
	Condition              string   `yaml:"condition"`
	Output                 string   `yaml:"output"`
	Priority               string   `yaml:"priority"`
	Tags                   []string `yaml:"tags"`
}

type plugin struct {
	Name    string `yaml:"name"`
	Version string `yaml:"version"`
}

// falcoFields are fields of falcosecurity/libs 48dfd53 (userspace/libsinsp/sinsp_filtercheck_*.cpp)
// and of the container plugin, which falcosecurity/rules c72713e uses.
func falcoFields() []string {
	return []string{
		"evt.type", "evt.is_open_write", "evt.is_open_read", "fd.typechar", "fd.num", "fd.name", "fs.path.name", "fs.path.source", "fs.path.target",
		"proc.name", "proc.pname", "proc.exepath", "proc.cmdline", "user.name", "user.loginuid",
		"k8s.ns.name", "k8s.pod.name", "container.name", "container.image.repository",
	}
}

// falcoEvents are system calls with a path or a program (the same sources, and driver/event_table.c).
func falcoEvents() []string {
	return []string{
		"open", "openat", "openat2", "execve", "execveat", "unlink", "unlinkat", "rmdir", "chmod", "fchmod", "fchmodat", "chown", "lchown", "fchown", "fchownat",
		"rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat",
	}
}

// falcoParser reads a condition by the grammar of falcosecurity/libs 48dfd53
// (userspace/libsinsp/filter/parser.h), as far as these rules go: and, or, not, parentheses, names
// of macros, and fields with =, >=, startswith and in.
type falcoParser struct {
	tokens []string
	macros map[string]bool
	lists  map[string]bool
	err    error
}

var falcoToken = regexp.MustCompile(`^(?:'[^'\\]*'|>=|[=(),]|[^ ()"'=,>]+)`)

func parseFalco(condition string, macros, lists map[string]bool) error {
	p := &falcoParser{macros: macros, lists: lists}
	for rest := strings.TrimLeft(condition, " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		token := falcoToken.FindString(rest)
		if token == "" {
			return fmt.Errorf("cannot read %q", rest)
		}
		p.tokens = append(p.tokens, token)
		rest = rest[len(token):]
	}
	p.expression()
	if len(p.tokens) > 0 {
		p.fail("%q stands after the end", p.tokens)
	}
	return p.err
}

func (p *falcoParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.tokens = nil
}

func (p *falcoParser) next() string {
	if len(p.tokens) == 0 {
		p.fail("it ends too early")
		return ""
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	return token
}

func (p *falcoParser) at(token string) bool { return len(p.tokens) > 0 && p.tokens[0] == token }

func (p *falcoParser) expression() {
	p.conjunction()
	for p.at("or") {
		p.next()
		p.conjunction()
	}
}

func (p *falcoParser) conjunction() {
	p.check()
	for p.at("and") {
		p.next()
		p.check()
	}
}

func (p *falcoParser) check() {
	for p.at("not") {
		p.next()
	}
	switch token := p.next(); {
	case token == "(":
		p.expression()
		p.closing()
	case slices.Contains(falcoFields(), token):
		p.comparison(token)
	case !p.macros[token]:
		p.fail("%q is neither a field nor a macro defined before", token)
	}
}

func (p *falcoParser) closing() {
	if token := p.next(); token != ")" {
		p.fail("%q stands where ) is wanted", token)
	}
}

func (p *falcoParser) comparison(field string) {
	switch operator := p.next(); operator {
	case "=", ">=", "startswith":
		p.value(field)
	case "in":
		if token := p.next(); token != "(" {
			p.fail("%q stands where ( is wanted", token)
			return
		}
		if len(p.tokens) > 0 && p.lists[p.tokens[0]] {
			p.next()
			p.closing()
			return
		}
		p.value(field)
		for p.at(",") {
			p.next()
			p.value(field)
		}
		p.closing()
	default:
		p.fail("%q is no operator that these rules use", operator)
	}
}

func (p *falcoParser) value(field string) {
	value := p.next()
	switch {
	case strings.ContainsAny(value, "(),="):
		if !strings.HasPrefix(value, "'") {
			p.fail("%q stands where a value is wanted", value)
		}
	case field == "evt.type" && !slices.Contains(falcoEvents(), value):
		p.fail("there is no event %q", value)
	}
}

var outputField = regexp.MustCompile(`%([a-z0-9.]+[a-z0-9])`)

func TestFalco(t *testing.T) {
	want := map[string]int{"all": 12, "manifests": 11}
	bundles(t, func(t *testing.T, dir string) {
		decoder := yaml.NewDecoder(strings.NewReader(string(read(t, dir, "companions/falco/hardstrap_rules.yaml"))))
		decoder.KnownFields(true)
		var items []falcoItem
		if err := decoder.Decode(&items); err != nil {
			t.Fatal(err)
		}
		macros, lists, names := map[string]bool{}, map[string]bool{}, map[string]bool{}
		if items[0].RequiredEngineVersion == "" || len(items[1].RequiredPluginVersions) != 1 {
			t.Error("the versions that are wanted do not stand first")
		}
		for _, item := range items {
			switch {
			case item.List != "":
				if !strings.HasPrefix(item.List, "hardstrap_") || len(item.Items) == 0 || lists[item.List] {
					t.Errorf("list %q is empty, or its name is not its own", item.List)
				}
				for _, name := range item.Items {
					if len(name) > 15 && name != "" {
						t.Errorf("list %q: no process is called %q", item.List, name)
					}
				}
				lists[item.List] = true
			case item.Macro != "":
				if err := parseFalco(item.Condition, macros, lists); err != nil {
					t.Errorf("macro %s: %v in %s", item.Macro, err, item.Condition)
				}
				if !strings.HasPrefix(item.Macro, "hardstrap_") || macros[item.Macro] {
					t.Errorf("macro %q could replace another", item.Macro)
				}
				macros[item.Macro] = true
			case item.Rule != "":
				if err := parseFalco(item.Condition, macros, lists); err != nil {
					t.Errorf("rule %s: %v in %s", item.Rule, err, item.Condition)
				}
				if names[item.Rule] || item.Desc == "" || len(item.Tags) == 0 || !slices.Contains([]string{"CRITICAL", "WARNING"}, item.Priority) {
					t.Errorf("rule %q is not whole, or stands twice: %+v", item.Rule, item)
				}
				names[item.Rule] = true
				for _, field := range outputField.FindAllStringSubmatch(item.Output, -1) {
					if !slices.Contains(falcoFields(), field[1]) {
						t.Errorf("rule %s: no field %s", item.Rule, field[1])
					}
				}
			}
		}
		if len(names) != want[strings.TrimPrefix(dir, dir[:strings.LastIndex(dir, "/")+1])] {
			t.Errorf("%d rules", len(names))
		}
	})
}

// TestTheGrammarRefuses shows what the reader above finds.
func TestTheGrammarRefuses(t *testing.T) {
	for _, condition := range []string{
		"", "evt.type in (open", "evt.type in (opened)", "fd.nome = 'a'", "unknown_macro", "fd.name = 'a' or", "not", "fd.name contains 'a'",
		"(fd.name = 'a'))", "fd.name = 'a' and and fd.num >= 0", "fd.name in ()", `fd.name = "a`, "fd.name = 'it's'", "fd.name = 'a' fd.num >= 0",
	} {
		if err := parseFalco(condition, map[string]bool{"known": true}, nil); err == nil {
			t.Errorf("%s is taken", condition)
		}
	}
	if err := parseFalco("known and not (fd.name in ('a', 'b') or fd.num >= 0) and proc.name in (names)", map[string]bool{"known": true}, map[string]bool{"names": true}); err != nil {
		t.Error(err)
	}
}
