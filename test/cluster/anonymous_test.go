package cluster

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const clusterInfo = "/api/v1/namespaces/kube-public/configmaps/cluster-info"

func anonymousBehaviours() []behaviour {
	return []behaviour{
		{name: "health paths answer who has no credentials", plain: same, check: func(c *cluster) (string, error) {
			return answers(c, http.StatusOK, "/livez", "/readyz", "/healthz")
		}},
		{name: "nothing else answers who has no credentials", plain: lacks, shows: "/version: 200", check: func(c *cluster) (string, error) {
			return answers(c, http.StatusUnauthorized, "/", "/version", "/api", "/apis", "/openapi/v2", "/openid/v1/jwks", "/metrics", "/debug/pprof/",
				"/livez/ping", "/api/v1/nodes", "/api/v1/namespaces/kube-system/secrets", "/api/v1/namespaces/kube-public/configmaps/other")
		}},
		{name: "cluster-info answers as the profile's mode says", plain: lacks, shows: "cluster-info: 200", check: func(c *cluster) (string, error) {
			if slices.Contains(c.wants.anonymous, clusterInfo) {
				return answers(c, http.StatusOK, clusterInfo)
			}
			return answers(c, http.StatusUnauthorized, clusterInfo)
		}},
	}
}

// answers asks for paths without credentials.
func answers(c *cluster, status int, paths ...string) (string, error) {
	anybody := stranger(c.first)
	var saw, wrong []string
	for _, path := range paths {
		got, err := anybody.call(http.MethodGet, path, nil)
		if err != nil {
			return "", err
		}
		if got.status != status {
			wrong = append(wrong, fmt.Sprintf("%s: %d", path, got.status))
		}
		saw = append(saw, path)
	}
	if len(wrong) > 0 {
		return "", fmt.Errorf("should answer %d: %s", status, strings.Join(wrong, ", "))
	}
	return fmt.Sprintf("%d: %s", status, strings.Join(saw, " ")), nil
}
