package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
)

// Bounds of a whole list.
const (
	pageItems = 500
	maxPages  = 1000
	listBytes = 512 << 20
)

// page is one answer to a request for a list (k8s.io/apimachinery v0.37.0, pkg/apis/meta/v1/types.go).
type page struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Continue string `json:"continue"`
	} `json:"metadata"`
	Items []json.RawMessage `json:"items"`
}

// list reads all objects of a kind, page by page. Where it fails it returns what it has read by then. A page
// that has expired (410, the list has changed and etcd has been compacted meanwhile) starts it anew, once.
func (c *client) list(ctx context.Context, path, kind string, query url.Values) ([]json.RawMessage, *failure) {
	items, failed := c.pages(ctx, path, kind, query)
	if failed != nil && failed.status == http.StatusGone {
		items, failed = c.pages(ctx, path, kind, query)
	}
	if failed != nil && failed.status == http.StatusGone {
		failed.why = "the list changes faster than it can be read"
	}
	return items, failed
}

func (c *client) pages(ctx context.Context, path, kind string, query url.Values) ([]json.RawMessage, *failure) {
	query = maps.Clone(query)
	if query == nil {
		query = url.Values{}
	}
	query.Set("limit", strconv.Itoa(pageItems))
	var items []json.RawMessage
	seen, size := map[string]bool{}, 0
	for range maxPages {
		body, failed := c.get(ctx, path, query, pageBytes)
		if failed != nil {
			return items, failed
		}
		if size += len(body); size > listBytes {
			return items, malformed(fmt.Sprintf("the list is larger than %d MiB", listBytes>>20))
		}
		var p page
		if err := json.Unmarshal(body, &p); err != nil {
			return items, malformed("the answer is no list of the kind " + kind + ": " + shape(err))
		}
		if p.Kind != kind+"List" {
			return items, malformed("the answer is no list of the kind " + kind)
		}
		items = append(items, p.Items...)
		next := p.Metadata.Continue
		if next == "" {
			return items, nil
		}
		if seen[next] {
			return items, malformed("the list does not end: a page leads to one that was read before")
		}
		seen[next] = true
		query.Set("continue", next)
	}
	return items, malformed(fmt.Sprintf("the list does not end: more than %d pages", maxPages))
}

// shape says what is wrong with JSON without quoting it.
func shape(err error) string {
	switch e := err.(type) { //nolint:errorlint // encoding/json gives these unwrapped
	case *json.SyntaxError:
		return fmt.Sprintf("not JSON from byte %d on", e.Offset)
	case *json.UnmarshalTypeError:
		return fmt.Sprintf("the field %s has another type", e.Field)
	}
	return "not JSON"
}
