package auditpolicy

import (
	"math/bits"
	"slices"
)

// bitset is a set of rules by index.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

// ones is the set of the first n.
func ones(n int) bitset {
	set := newBitset(n)
	for i := range n {
		set.add(i)
	}
	return set
}

func (b bitset) add(i int) { b[i/64] |= 1 << (i % 64) }

func (b bitset) none() bool {
	return !slices.ContainsFunc(b, func(w uint64) bool { return w != 0 })
}

func (b bitset) and(o bitset) bitset {
	out := make(bitset, len(b))
	for i := range b {
		out[i] = b[i] & o[i]
	}
	return out
}

func (b bitset) or(o bitset) bitset {
	if len(b) < len(o) {
		b, o = o, b
	}
	out := slices.Clone(b)
	for i := range o {
		out[i] |= o[i]
	}
	return out
}

func (b bitset) within(o bitset) bool {
	for i := range b {
		if b[i]&^o[i] != 0 {
			return false
		}
	}
	return true
}

// first is the set of the smallest member alone: the rule that decides.
func (b bitset) first() bitset {
	out := make(bitset, len(b))
	for i, w := range b {
		if w != 0 {
			out[i] = w & -w
			break
		}
	}
	return out
}

func (b bitset) members() []int {
	var out []int
	for i, w := range b {
		for w != 0 {
			out = append(out, i*64+bits.TrailingZeros64(w))
			w &= w - 1
		}
	}
	return out
}
