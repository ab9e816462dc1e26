package generate

import (
	"crypto/sha256"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// memoFiles bounds how many files a memo remembers.
const memoFiles = 512

// memo remembers what was read from files, by their path and bytes: where many clusters are
// rendered in one run, most of their files are the same. Files with a key in them are never
// remembered.
type memo struct {
	limit int
	found map[[sha256.Size]byte][]settings.Setting
}

func newMemo(limit int) *memo {
	return &memo{limit: limit, found: make(map[[sha256.Size]byte][]settings.Setting)}
}

// read returns what read says of a file, from memory where it has been read before.
func (m *memo) read(d draft, data []byte, read func(string, []byte) ([]settings.Setting, error)) ([]settings.Setting, error) {
	if d.secrets != nil {
		return read(d.path, data)
	}
	h := sha256.New()
	h.Write([]byte(d.path + "\x00"))
	h.Write(data)
	digest := [sha256.Size]byte(h.Sum(nil))
	if found, ok := m.found[digest]; ok {
		return found, nil
	}
	found, err := read(d.path, data)
	if err != nil {
		return nil, err
	}
	if len(m.found) >= m.limit {
		clear(m.found)
	}
	m.found[digest] = found
	return found, nil
}
