package network

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Port is a port, or a range of ports, of a protocol.
type Port struct {
	First, Last int
	Protocol    string // TCP, UDP, SCTP
}

// PortRule says how a port is spelled.
const PortRule = "8080/TCP, 53/UDP, 9999/SCTP, or a range as 8000-8100/TCP; ports from 1 to 65535"

var portSpelling = regexp.MustCompile(`^([1-9][0-9]{0,4})(?:-([1-9][0-9]{0,4}))?/(TCP|UDP|SCTP)$`)

// TCP is one port of TCP.
func TCP(port int) Port { return Port{First: port, Last: port, Protocol: "TCP"} }

// UDP is one port of UDP.
func UDP(port int) Port { return Port{First: port, Last: port, Protocol: "UDP"} }

// ParsePort reads a port as a profile spells it. The error says what to write instead, where that
// can be known.
func ParsePort(text string) (Port, error) {
	m := portSpelling.FindStringSubmatch(text)
	if m == nil {
		return Port{}, fmt.Errorf("%s", hint(text))
	}
	first, _ := strconv.Atoi(m[1]) // the expression took digits alone
	last := first
	if m[2] != "" {
		last, _ = strconv.Atoi(m[2])
	}
	switch {
	case first > 65535 || last > 65535:
		return Port{}, fmt.Errorf("ports end at 65535")
	case last < first:
		return Port{}, fmt.Errorf("the range ends before it begins: write %d-%d/%s", last, first, m[3])
	case last == first && m[2] != "":
		return Port{}, fmt.Errorf("write %d/%s", first, m[3])
	}
	return Port{First: first, Last: last, Protocol: m[3]}, nil
}

// hint guesses what a misspelt port should have been, or returns "".
func hint(text string) string {
	for _, guess := range []string{text + "/TCP", strings.ToUpper(text), strings.ReplaceAll(text, " ", "")} {
		if guess != text && portSpelling.MatchString(guess) {
			return "write " + guess
		}
	}
	return ""
}

// Overlaps reports whether two ports have one in common.
func (p Port) Overlaps(other Port) bool {
	return p.Protocol == other.Protocol && p.First <= other.Last && other.First <= p.Last
}

// String spells a port as a profile does.
func (p Port) String() string {
	if p.First == p.Last {
		return fmt.Sprintf("%d/%s", p.First, p.Protocol)
	}
	return fmt.Sprintf("%d-%d/%s", p.First, p.Last, p.Protocol)
}

func (p Port) tree() map[string]any {
	out := map[string]any{"protocol": p.Protocol, "port": p.First}
	if p.Last != p.First {
		out["endPort"] = p.Last
	}
	return out
}
