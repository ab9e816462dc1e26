package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// lazy is a part of a data file that is decoded when first asked for: rendering one cluster asks for few of the parts.
type lazy[T any] struct {
	raw   []byte
	once  sync.Once
	value T
}

// UnmarshalJSON keeps the part as it is.
func (l *lazy[T]) UnmarshalJSON(b []byte) error {
	l.raw = slices.Clone(b)
	return nil
}

// get returns the part, decoded; the zero value where the file has none. It panics when the file does not hold what the
// program that made it writes: the file is embedded, and a test decodes every part.
func (l *lazy[T]) get() T {
	if l == nil {
		var none T
		return none
	}
	l.once.Do(func() {
		if len(l.raw) == 0 {
			return
		}
		if err := json.Unmarshal(l.raw, &l.value); err != nil {
			panic(fmt.Sprintf("the catalog's embedded data: %v", err))
		}
		l.raw = nil
	})
	return l.value
}
