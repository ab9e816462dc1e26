package cluster

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

func rbacBehaviours() []behaviour {
	return []behaviour{
		{name: "each ready-made role may do what its table says, and no more", plain: lacks, shows: "viewer: list pods shop: may false", check: rolesAsTold},
	}
}

// rolesAsTold asks the API server, as kubectl auth can-i does, every question of the table of test/acceptance: there
// RBAC's code answers, here a cluster with all its roles and bindings. What a role may grant is asked there alone.
func rolesAsTold(c *cluster) (string, error) {
	text, err := os.ReadFile(filepath.Join(c.root, "test/acceptance/testdata/rbac.txt"))
	if err != nil {
		return "", err
	}
	var role string
	var wait sync.WaitGroup
	var mu sync.Mutex
	var wrong []string
	asked := 0
	slots := make(chan struct{}, 8)
	for i, line := range strings.Split(string(text), "\n") {
		if name, ok := strings.CutPrefix(line, "== "); ok {
			role = name
		}
		words := strings.Fields(line)
		if len(words) < 3 || words[0] != "yes" && words[0] != "no" || words[1] == "grant" {
			continue
		}
		want := words[0] == "yes"
		if since, ok := strings.CutPrefix(words[len(words)-1], "since="); ok {
			want = want != (minor(c.version) < minor(since))
			words = words[:len(words)-1]
		}
		asked++
		wait.Add(1)
		slots <- struct{}{}
		as := c.admin.impersonating("someone", "oidc:"+role, "system:authenticated")
		go func() {
			defer func() { <-slots; wait.Done() }()
			got, err := as.may(words[1], words[2:])
			if err == nil && got == want {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			wrong = append(wrong, fmt.Sprintf("rbac.txt:%d: %s: %s: may %t (%v)", i+1, as.as.groups[0], strings.Join(words[1:], " "), got, err))
		}()
	}
	wait.Wait()
	if asked < 150 {
		return "", fmt.Errorf("rbac.txt has only %d questions that can be asked", asked)
	}
	slices.Sort(wrong)
	if len(wrong) > 0 {
		return "", fmt.Errorf("%d of %d answers are other ones: %s", len(wrong), asked, strings.Join(wrong, "\n"))
	}
	return fmt.Sprintf("%d questions answered as told", asked), nil
}

// may asks whether the client may do verb to what: a path, or resource.group/subresource, a namespace or *, and
// perhaps a name.
func (a *api) may(verb string, what []string) (bool, error) {
	spec := object{}
	if strings.HasPrefix(what[0], "/") {
		spec["nonResourceAttributes"] = object{"verb": verb, "path": what[0]}
	} else {
		resource, sub, _ := strings.Cut(what[0], "/")
		resource, group, _ := strings.Cut(resource, ".")
		attributes := object{"verb": verb, "resource": resource, "group": group, "subresource": sub}
		if len(what) > 1 && what[1] != "*" {
			attributes["namespace"] = what[1]
		}
		if len(what) > 2 {
			attributes["name"] = what[2]
		}
		spec["resourceAttributes"] = attributes
	}
	got, err := a.must(http.MethodPost, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", object{"spec": spec})
	return within(got.object(), "status", "allowed") == true, err
}
