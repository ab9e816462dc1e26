package cluster

import (
	"context"
	"encoding/json"
	"strings"
)

// version asks the API server for its own (k8s.io/apimachinery v0.37.0, pkg/version/types.go).
func (c *client) version(ctx context.Context) (string, *failure) {
	body, failed := c.get(ctx, "version", nil, objectBytes)
	if failed != nil {
		return "", failed
	}
	var info struct {
		GitVersion string `json:"gitVersion"`
	}
	if json.Unmarshal(body, &info) != nil || !strings.HasPrefix(info.GitVersion, "v") {
		return "", malformed("the answer is no version")
	}
	return release(info.GitVersion), nil
}

// release is 1.37.0 of v1.37.0, and of v1.37.0-gke.1+abc, which is built from it.
func release(gitVersion string) string {
	text := strings.TrimPrefix(gitVersion, "v")
	if i := strings.IndexAny(text, "-+"); i >= 0 {
		text = text[:i]
	}
	return text
}
