package meaning

import (
	"net/netip"
	"slices"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// peer is an element of a rule's from or to: a range of addresses, or pods of namespaces (k8s.io/api v0.37.0,
// networking/v1/types.go, NetworkPolicyPeer). Addresses and pods are held apart: which pods a range is, nobody can say.
type peer struct {
	block      netip.Prefix // not valid: none
	except     []netip.Prefix
	unread     string // a range that is none, which is only itself
	own        bool   // of the policy's own namespace
	namespaces selector
	pods       selector
	options    []peer // the same, taken apart into single values of labels
}

func peerOf(v *settings.Value) peer {
	if block := v.Get("ipBlock"); block != nil {
		return blockOf(block)
	}
	p := peer{pods: selectorOf(v.Get("podSelector"))}
	if namespaces := v.Get("namespaceSelector"); namespaces != nil {
		p.namespaces = selectorOf(namespaces)
	} else {
		p.own = true
	}
	where, which := p.namespaces.alternatives(), p.pods.alternatives()
	if len(where)*len(which) > maxAlternatives {
		where, which = []selector{p.namespaces}, []selector{p.pods}
	}
	for _, n := range where {
		for _, s := range which {
			p.options = append(p.options, peer{own: p.own, namespaces: n, pods: s})
		}
	}
	return p
}

func blockOf(v *settings.Value) peer {
	cidr, err := netip.ParsePrefix(text(v.Get("cidr")))
	if err != nil {
		return peer{unread: canonical(v)}
	}
	p := peer{block: cidr.Masked()}
	for _, e := range texts(v.Get("except")) {
		out, err := netip.ParsePrefix(e)
		if err != nil {
			return peer{unread: canonical(v)}
		}
		p.except = append(p.except, out.Masked())
	}
	return p
}

func (p peer) String() string {
	switch {
	case p.unread != "":
		return "a range that cannot be read"
	case p.block.IsValid():
		out := p.block.String()
		if len(p.except) > 0 {
			list := make([]string, len(p.except))
			for i, e := range p.except {
				list[i] = e.String()
			}
			out += " except " + listed(unique(list))
		}
		return out
	}
	pods := "every pod"
	if len(p.pods) > 0 {
		pods = "pods " + p.pods.String()
	}
	switch {
	case p.own:
		return pods + " of its own namespace"
	case len(p.namespaces) == 0:
		return pods + " of every namespace"
	}
	return pods + " of namespaces " + p.namespaces.String()
}

// weight is how much there is to look at in a peer.
func (p peer) weight() int {
	n := 1 + len(p.except)
	for _, r := range slices.Concat(p.namespaces, p.pods) {
		n += 1 + len(r.values)
	}
	for _, o := range p.options {
		n += o.weight()
	}
	return n
}

// side is one peer that stands for others: an address, or pods that a single conjunction selects.
type side struct {
	address netip.Addr
	unread  string
	pods    *peer
	other   bool // none of these
}

func (p peer) allows(s side) bool {
	switch {
	case s.other:
		return false
	case s.unread != "":
		return p.unread == s.unread
	case s.pods != nil:
		return slices.ContainsFunc(p.options, func(o peer) bool {
			return (o.own && s.pods.own || !o.own && (s.pods.own && len(o.namespaces) == 0 || !s.pods.own && o.namespaces.covers(s.pods.namespaces))) &&
				o.pods.covers(s.pods.pods)
		})
	}
	return p.block.IsValid() && p.block.Contains(s.address) &&
		!slices.ContainsFunc(p.except, func(e netip.Prefix) bool { return e.Contains(s.address) })
}

// after returns the first address beyond a range.
func after(p netip.Prefix) netip.Addr {
	bytes := p.Masked().Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(bytes); bit++ {
		bytes[bit/8] |= 1 << (7 - bit%8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return last.Next()
}

// peerAxis stands for all peers by the first address of each range between two bounds, and by what is selected; ok is
// false where these are too many.
func peerAxis(peers [][]peer) (x axis, ok bool) {
	values := []side{{other: true}}
	addresses := []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}
	seen := make(map[string]bool)
	for _, list := range peers {
		for _, p := range list {
			switch {
			case p.unread != "":
				values = append(values, side{unread: p.unread})
			case p.block.IsValid():
				for _, r := range append([]netip.Prefix{p.block}, p.except...) {
					addresses = append(addresses, r.Addr())
					if next := after(r); next.IsValid() {
						addresses = append(addresses, next)
					}
				}
			default:
				for _, o := range p.options {
					if key := o.String(); !seen[key] {
						seen[key] = true
						values = append(values, side{pods: &o})
					}
				}
			}
			if len(values)+len(addresses) > 4*maxValues {
				return axis{}, false
			}
		}
	}
	slices.SortFunc(addresses, netip.Addr.Compare)
	for _, a := range slices.Compact(addresses) {
		values = append(values, side{address: a})
	}
	terms := 0
	for _, list := range peers {
		for _, p := range list {
			terms += p.weight()
		}
	}
	heaviest := 1
	for _, v := range values {
		if v.pods != nil {
			heaviest = max(heaviest, v.pods.weight())
		}
	}
	if terms > maxCost/heaviest/max(len(values), 1) {
		return axis{}, false
	}
	return axis{
		n:    len(values),
		cost: terms * len(values),
		match: func(rule, value int) bool {
			return len(peers[rule]) == 0 || slices.ContainsFunc(peers[rule], func(p peer) bool { return p.allows(values[value]) })
		},
		words: func(rule int, involved []int) []string {
			var out []string
			for _, p := range peers[rule] {
				if slices.ContainsFunc(involved, func(v int) bool { return p.allows(values[v]) }) {
					out = append(out, p.String())
				}
			}
			return out
		},
	}, true
}
