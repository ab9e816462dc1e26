package wire

import (
	"crypto/rand"
	"encoding/binary"
)

// Versions, by their number on the wire.
const (
	ssl30 uint16 = 0x0300
	tls10 uint16 = 0x0301
	tls11 uint16 = 0x0302
	tls12 uint16 = 0x0303
	tls13 uint16 = 0x0304
)

// hello is a ClientHello that offers exactly one version.
type hello struct {
	version uint16
	suites  []uint16
	groups  []uint16
	name    string // of the server; "" sends none
}

// record returns the hello as one record (RFC 8446, 4.1.2 and 5.1; RFC 6101 for SSL 3.0).
func (h hello) record() []byte {
	body := binary.BigEndian.AppendUint16(nil, min(h.version, tls12))
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails: documentation of crypto/rand
	body = append(body, random...)
	body = append(body, 0) // no session
	body = append16(body, numbers(h.suites))
	body = append(body, 1, 0) // no compression
	if h.version > ssl30 {
		body = append16(body, h.extensions())
	}
	message := append([]byte{1, 0}, append16(nil, body)...)
	out := []byte{22}
	out = binary.BigEndian.AppendUint16(out, min(h.version, tls10))
	return append16(out, message)
}

func (h hello) extensions() []byte {
	var out []byte
	add := func(id uint16, data []byte) { out = append16(binary.BigEndian.AppendUint16(out, id), data) }
	if h.name != "" {
		add(0, append16(nil, append16([]byte{0}, []byte(h.name))))
	}
	add(10, append16(nil, numbers(h.groups)))
	add(11, []byte{1, 0}) // points as they are
	if h.version >= tls12 {
		add(13, append16(nil, numbers(signatures())))
	}
	add(23, nil)            // extended master secret, which a server in FIPS mode wants
	add(0xff01, []byte{0})  // secure renegotiation
	if h.version == tls13 { // with no key share, so that the server asks for one
		add(43, []byte{2, 3, 4})
		add(51, []byte{0, 0})
	}
	return out
}

// signatures are the algorithms of TLS 1.2 and 1.3 (RFC 8446, 4.2.3).
func signatures() []uint16 {
	return []uint16{
		0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b,
		0x0401, 0x0501, 0x0601, 0x0203, 0x0201, 0x0402, 0x0202,
	}
}

// append16 appends data after its length.
func append16(out, data []byte) []byte {
	return append(binary.BigEndian.AppendUint16(out, uint16(len(data))), data...)
}

func numbers(list []uint16) []byte {
	var out []byte
	for _, n := range list {
		out = binary.BigEndian.AppendUint16(out, n)
	}
	return out
}
