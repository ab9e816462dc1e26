package observe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Bounds of what JSON reads. An object of a cluster is at most some megabytes (etcd's limit of a
// request is 1.5 MiB) and shallow; a schema is the deepest thing in one.
const (
	jsonDepth  = 128
	jsonNodes  = 500_000
	jsonDigits = 400  // float64 has no more than 309 before the point
	jsonWhole  = 1e21 // from here on encoding/json writes whole numbers with an exponent too
)

// JSON reads one JSON document into a tree, every node of it with the origin o. Numbers keep what
// they say: whole ones are Int of any size, as in a YAML file. A repeated key is refused, because two
// readers may understand it differently, and so is what is deeper or larger than any object of a cluster.
// The error quotes nothing of the document.
func JSON(data []byte, o settings.Origin) (*settings.Value, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not JSON: the text is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	r := &jsonReader{decoder: decoder, origin: o}
	v, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not JSON: something follows the document")
	}
	return v, nil
}

type jsonReader struct {
	decoder *json.Decoder
	origin  settings.Origin
	nodes   int
}

func (r *jsonReader) value(depth int) (*settings.Value, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, notJSON(err)
	}
	return r.from(token, depth)
}

func (r *jsonReader) from(token json.Token, depth int) (*settings.Value, error) {
	if r.nodes++; r.nodes > jsonNodes {
		return nil, fmt.Errorf("larger than what is read: more than %d values", jsonNodes)
	}
	if depth > jsonDepth {
		return nil, fmt.Errorf("deeper than what is read: more than %d levels", jsonDepth)
	}
	out := &settings.Value{Origin: r.origin}
	switch t := token.(type) {
	case nil:
	case bool:
		out.Kind, out.Text = settings.Bool, strconv.FormatBool(t)
	case string:
		out.Kind, out.Text = settings.String, t
	case json.Number:
		return out, number(t.String(), out)
	case json.Delim:
		if t == '[' {
			return out, r.list(out, depth)
		}
		return out, r.object(out, depth)
	}
	return out, nil
}

func (r *jsonReader) list(out *settings.Value, depth int) error {
	out.Kind, out.Items = settings.List, []*settings.Value{}
	for r.decoder.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		out.Items = append(out.Items, item)
	}
	_, err := r.decoder.Token()
	return notJSON(err)
}

func (r *jsonReader) object(out *settings.Value, depth int) error {
	out.Kind, out.Entries = settings.Map, []settings.Entry{}
	var seen map[string]bool // Put would look through all the keys for each
	for r.decoder.More() {
		token, err := r.decoder.Token()
		if err != nil {
			return notJSON(err)
		}
		key, _ := token.(string)
		if seen == nil {
			seen = map[string]bool{}
		}
		if seen[key] {
			return errors.New("a key stands twice in one map")
		}
		seen[key] = true
		v, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		out.Entries = append(out.Entries, settings.Entry{Key: key, Origin: r.origin, Value: v})
	}
	_, err := r.decoder.Token()
	return notJSON(err)
}

// number makes an Int of what is whole however it is written (3, 3.0, 3e2), as YAML's reader does.
func number(text string, out *settings.Value) error {
	if len(text) > jsonDigits {
		return errors.New("a number is longer than any that is read")
	}
	if strings.ContainsAny(text, ".eE") {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return errors.New("a number is larger than any that is read")
		}
		if f != math.Trunc(f) || math.Abs(f) >= jsonWhole {
			out.Kind, out.Text = settings.Float, strconv.FormatFloat(f, 'g', -1, 64)
			return nil
		}
		text = strconv.FormatFloat(f, 'f', -1, 64)
	}
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return errors.New("not JSON: a number is none")
	}
	out.Kind, out.Text = settings.Int, n.String()
	return nil
}

// notJSON says where the text stops being JSON, without quoting it.
func notJSON(err error) error {
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("not JSON: the text ends in the middle")
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON from byte %d on", syntax.Offset)
	}
	return errors.New("not JSON")
}
