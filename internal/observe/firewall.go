package observe

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// The ruleset's lines that vary. Everything else must be one of frameLines.
var (
	setLine     = regexp.MustCompile(`^set ([a-z]+)_(v4|v6) \{$`)
	typeLine    = regexp.MustCompile(`^type (ipv4_addr|ipv6_addr)$`)
	elementLine = regexp.MustCompile(`^elements = \{ ([^{}]+) \}$`)
	portLine    = regexp.MustCompile(`^tcp dport (\d+|\{ [\d, -]+ \}) (?:goto|jump) ([a-z]+)$`)
	chainLine   = regexp.MustCompile(`^chain ([a-z]+) \{$`)
	returnLine  = regexp.MustCompile(`^(ip|ip6) saddr @([a-z]+)_(v4|v6) return$`)
)

func frameLines() []string {
	return []string{"table inet hardstrap", "delete table inet hardstrap", "table inet hardstrap {", "}", "flags interval",
		"auto-merge", "type filter hook input priority filter; policy accept;", "tcp flags & (fin | syn | rst | ack) != syn accept",
		`iifname "lo" accept`, "fib saddr type local accept", "counter drop"}
}

// guarded is one kind of port and the sets its chain admits.
type guarded struct {
	port   string
	admits []string
}

// firewall reads the ruleset. A list that no chain uses, and a chain that no port leads to, are
// faults: they would admit or refuse nothing.
func (r *reader) firewall(role string, data []byte) []settings.Setting {
	var (
		sets   = map[string][]string{}
		starts = map[string]lineOf{}
		ports  = map[string]*guarded{}
		order  []string
		set    string
		chain  string
	)
	for _, l := range lines(data) {
		if m := setLine.FindStringSubmatch(l.text); m != nil {
			set = m[1]
			if _, ok := sets[set]; !ok {
				sets[set], starts[set] = []string{}, l
				order = append(order, set)
			}
			continue
		}
		if m := elementLine.FindStringSubmatch(l.text); m != nil && set != "" {
			for _, element := range strings.Split(m[1], ", ") {
				if _, err := netip.ParsePrefix(element); err != nil {
					r.failLine(l, "%q is not a CIDR", element)
				}
				sets[set] = append(sets[set], element)
			}
			continue
		}
		if m := portLine.FindStringSubmatch(l.text); m != nil {
			ports[m[2]] = &guarded{port: strings.Trim(m[1], "{} ")}
			continue
		}
		if m := chainLine.FindStringSubmatch(l.text); m != nil {
			chain = m[1]
			if chain != "input" && ports[chain] == nil {
				r.failLine(l, "no port leads to the chain %q", chain)
				return nil
			}
			continue
		}
		if m := returnLine.FindStringSubmatch(l.text); m != nil && ports[chain] != nil && (m[1] == "ip") == (m[3] == "v4") {
			ports[chain].admits = append(ports[chain].admits, m[2]+"_"+m[3])
			continue
		}
		if !typeLine.MatchString(l.text) && !slices.Contains(frameLines(), l.text) {
			r.failLine(l, "%q is not part of the ruleset", l.text)
		}
	}
	var out []settings.Setting
	for _, name := range order {
		out = append(out, r.guardedSettings(role, name, sets[name], starts[name], ports)...)
	}
	return out
}

func (r *reader) guardedSettings(role, name string, cidrs []string, start lineOf, ports map[string]*guarded) []settings.Setting {
	path, known := map[string]string{"apiserver": "firewall/apiServer", "etcd": "firewall/etcd", "kubelet": "firewall/kubelet",
		"ssh": "firewall/ssh", "pods": "firewall/pods"}[name]
	uses := 0
	for _, g := range ports {
		if slices.Contains(g.admits, name+"_v4") && slices.Contains(g.admits, name+"_v6") {
			uses++
		}
	}
	if !known || name != "pods" && (ports[name] == nil || uses == 0) {
		r.failLine(start, "the list %q guards no port", name)
		return nil
	}
	out := []settings.Setting{setting(settings.Host, role, path, settings.Of(cidrs).At(r.at(start)))}
	if name == "apiserver" || name == "ssh" {
		port, err := strconv.Atoi(ports[name].port)
		if err != nil {
			r.failLine(start, "%q is not one port", ports[name].port)
		}
		out = append(out, setting(settings.Host, role, path+"Port", settings.Of(port).At(r.at(start))))
	}
	for i := range out {
		if out[i].Value.Kind == settings.List {
			out[i].Shape = settings.Unordered
		}
	}
	return out
}
