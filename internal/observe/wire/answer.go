package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// answer is what a server says to a hello: its ServerHello or HelloRetryRequest.
type answer struct {
	version uint16
	suite   uint16
	group   uint16 // in TLS 1.3
}

// refusal is a fatal alert that tells: not what you offer.
type refusal byte

// Error implements error.
func (r refusal) Error() string { return fmt.Sprintf("refuses with the TLS alert %d", byte(r)) }

// Faults of an answer.
var (
	errNotTLS    = errors.New("does not speak TLS on this port")
	errMalformed = errors.New("answers with what is no handshake of TLS")
	errUnoffered = errors.New("answers with what was not offered")
	errTooMany   = errors.New("takes more offers than any component would")
	errTooLong   = errors.New("answers with more than a handshake can be")
	errClosed    = errors.New("ends the connection without an answer to TLS")
)

// Bounds of what is read of an answer. A ServerHello is some hundred bytes; a record is never
// longer than 2^14 (RFC 8446, 5.1).
const (
	maxRecord  = 1 << 14
	maxAnswer  = 1 << 14
	maxRecords = 64
)

// Alerts by which a server refuses an offer (RFC 8446, 6.2).
const (
	alertHandshakeFailure     = 40
	alertIllegalParameter     = 47
	alertProtocolVersion      = 70
	alertInsufficientSecurity = 71
	alertMissingExtension     = 109
)

// A remark that some servers send before they go on (RFC 6066, 3).
const (
	levelWarning          = 1
	alertUnrecognizedName = 112
)

// readAnswer reads records until the first handshake message is whole.
func readAnswer(r io.Reader) (answer, error) {
	var hand []byte
	for range maxRecords {
		kind, data, err := readRecord(r)
		if err != nil {
			return answer{}, err
		}
		switch kind {
		case 21:
			if len(data) != 2 {
				return answer{}, errMalformed
			}
			if data[0] == levelWarning && data[1] == alertUnrecognizedName {
				continue // only a remark
			}
			return answer{}, alertError(data[1])
		case 22:
			hand = append(hand, data...)
		default:
			return answer{}, errMalformed
		}
		if len(hand) < 4 {
			continue
		}
		length := int(hand[1])<<16 | int(hand[2])<<8 | int(hand[3])
		if hand[0] != 2 {
			return answer{}, errMalformed
		}
		if length > maxAnswer {
			return answer{}, errTooLong
		}
		if len(hand)-4 >= length {
			return parseServerHello(hand[4 : 4+length])
		}
	}
	return answer{}, errTooLong
}

func readRecord(r io.Reader) (kind byte, data []byte, err error) {
	header := make([]byte, 5)
	if n, err := io.ReadFull(r, header); err != nil {
		return 0, nil, ended(err, n > 0 && header[0] != 21 && header[0] != 22)
	}
	length := int(binary.BigEndian.Uint16(header[3:]))
	if header[1] != 3 || header[0] < 20 || header[0] > 24 {
		return 0, nil, errNotTLS
	}
	if length > maxRecord {
		return 0, nil, errTooLong
	}
	if length == 0 {
		return 0, nil, errMalformed
	}
	data = make([]byte, length)
	if _, err := io.ReadFull(r, data); err != nil {
		return 0, nil, ended(err, false)
	}
	return header[0], data, nil
}

// ended tells a connection that was closed from other faults.
func ended(err error, other bool) error {
	switch {
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case other:
		return errNotTLS
	}
	return errClosed
}

func alertError(code byte) error {
	switch code {
	case alertHandshakeFailure, alertIllegalParameter, alertProtocolVersion, alertInsufficientSecurity, alertMissingExtension:
		return refusal(code)
	}
	return fmt.Errorf("answers with the TLS alert %d", code)
}

// retryRandom is the random of a ServerHello that is a HelloRetryRequest (RFC 8446, 4.1.3).
func retryRandom() []byte {
	return []byte{
		0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
		0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
	}
}

// parseServerHello reads the body of a ServerHello (RFC 8446, 4.1.3; RFC 5246, 7.4.1.3).
func parseServerHello(data []byte) (answer, error) {
	c := cursor{rest: data}
	out := answer{version: c.uint16()}
	retry := bytes.Equal(c.take(32), retryRandom())
	c.take(int(c.uint8()))
	out.suite = c.uint16()
	c.uint8()
	if !c.failed && len(c.rest) > 0 {
		extensions := cursor{rest: c.take(int(c.uint16()))}
		for !extensions.failed && len(extensions.rest) > 0 {
			id := extensions.uint16()
			body := cursor{rest: extensions.take(int(extensions.uint16()))}
			switch id {
			case 43:
				out.version = body.uint16()
			case 51:
				out.group = body.uint16()
			}
			extensions.failed = extensions.failed || body.failed
		}
		c.failed = c.failed || extensions.failed
	}
	if c.failed || len(c.rest) > 0 || out.version == tls13 && (!retry || out.group == 0) {
		return answer{}, errMalformed
	}
	return out, nil
}

// cursor reads from the front of bytes. What is not there reads as zero and is remembered.
type cursor struct {
	rest   []byte
	failed bool
}

func (c *cursor) take(n int) []byte {
	if n > len(c.rest) {
		c.failed, c.rest = true, nil
		return nil
	}
	out := c.rest[:n]
	c.rest = c.rest[n:]
	return out
}

func (c *cursor) uint8() byte {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) uint16() uint16 {
	if b := c.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}
