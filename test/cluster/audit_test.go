package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const auditLog = "/var/log/kubernetes/audit/audit.log"

func auditBehaviours() []behaviour {
	return []behaviour{
		{name: "requests leave their events in the audit log, at the profile's level", plain: lacks, shows: "no audit log", check: audited},
		{name: "no Secret's content is in the audit log", plain: absent, check: auditKeepsSecrets},
	}
}

// event is what an audit log holds of a request.
type event struct {
	Level          string
	Verb           string
	RequestURI     string
	ObjectRef      struct{ Name string }
	RequestObject  json.RawMessage
	ResponseObject json.RawMessage
	ResponseStatus struct{ Code int }
}

// audited makes requests that every one of the ready-made policies standard and cis looks at, and reads what they left.
func audited(c *cluster) (string, error) {
	const (
		role      = "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-public/roles"
		configmap = "/api/v1/namespaces/kube-public/configmaps"
	)
	name := c.fresh("audited")
	if err := c.admin.create(secrets, secret(name)); err != nil {
		return "", err
	}
	if err := c.admin.create(role, object{"metadata": object{"name": name}, "rules": []object{}}); err != nil {
		return "", err
	}
	if err := c.admin.create(configmap, object{"metadata": object{"name": name}, "data": object{"value": canary}}); err != nil {
		return "", err
	}
	if _, err := stranger(c.first).call(http.MethodGet, "/version?"+name, nil); err != nil {
		return "", err
	}
	if _, err := stranger(c.first).call(http.MethodGet, "/livez?"+name, nil); err != nil {
		return "", err
	}
	wanted := []struct {
		verb, uri, object, level string
		bodies                   bool
		code                     int
	}{
		{"create", secrets, name, "Metadata", false, http.StatusCreated},
		{"create", role, name, "RequestResponse", true, http.StatusCreated},
		{"create", configmap, name, "Metadata", false, http.StatusCreated},
		{"get", "/version?" + name, "", "Metadata", false, http.StatusUnauthorized},
	}
	var saw []string
	err := eventually(20*time.Second, func() error {
		events, err := c.events()
		if err != nil {
			return err
		}
		saw = nil
		for _, w := range wanted {
			var found *event
			for _, e := range events {
				if e.Verb == w.verb && e.RequestURI == w.uri && e.ObjectRef.Name == w.object && e.ResponseStatus.Code == w.code {
					found = &e
				}
			}
			switch {
			case found == nil:
				return fmt.Errorf("no event of %s %s answered %d", w.verb, w.uri, w.code)
			case found.Level != w.level:
				return fmt.Errorf("%s %s: level %s, and should be %s", w.verb, w.uri, found.Level, w.level)
			case w.bodies != (found.RequestObject != nil) || w.bodies != (found.ResponseObject != nil):
				return fmt.Errorf("%s %s: has bodies %t, %t, and should %t", w.verb, w.uri, found.RequestObject != nil, found.ResponseObject != nil, w.bodies)
			}
			saw = append(saw, fmt.Sprintf("%s %s %s", w.verb, strings.TrimSuffix(w.uri[strings.LastIndex(w.uri, "/")+1:], "?"+name), found.Level))
		}
		for _, e := range events {
			if strings.HasPrefix(e.RequestURI, "/livez") {
				return fmt.Errorf("health checks fill the log: %s", e.RequestURI)
			}
		}
		return nil
	})
	return strings.Join(saw, ", "), err
}

func (c *cluster) events() ([]event, error) {
	text, err := c.first.Read(auditLog)
	if err != nil {
		return nil, fmt.Errorf("no audit log: %w", err)
	}
	var events []event
	all := lines(text)
	for i, line := range all {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			if i == len(all)-1 {
				continue // it is being written
			}
			return nil, fmt.Errorf("line %d of the audit log: %w", i+1, err)
		}
		events = append(events, e)
	}
	return events, nil
}

// auditKeepsSecrets looks for what the Secrets of these tests hold, in every form that a body can have.
func auditKeepsSecrets(c *cluster) (string, error) {
	// Also those of changes and lists.
	name := c.fresh("kept")
	if err := c.admin.create(secrets, secret(name)); err != nil {
		return "", err
	}
	if _, err := c.admin.must(http.MethodPatch, secrets+"/"+name, object{"stringData": object{"more": canary}}); err != nil {
		return "", err
	}
	if _, err := c.admin.must(http.MethodGet, secrets+"?fieldSelector=metadata.name%3D"+name, nil); err != nil {
		return "", err
	}
	var text string
	if err := eventually(20*time.Second, func() (err error) {
		if text, err = c.first.Read(auditLog); err != nil {
			return err
		}
		for _, request := range []string{"/secrets/" + name, "/secrets?fieldSelector=metadata.name%3D" + name} {
			if !strings.Contains(text, request) {
				return fmt.Errorf("no event of %s yet", request)
			}
		}
		return nil
	}); err != nil {
		return "", err
	}
	for _, n := range c.controlPlanes()[1:] {
		more, err := n.Read(auditLog)
		if err != nil {
			return "", err
		}
		text += more
	}
	if strings.Contains(text, "eyJhbGciOi") {
		return "", errors.New("the audit log has a token")
	}
	if strings.Contains(text, canary) || strings.Contains(text, strings.TrimRight(canaryInBase64(), "=")) {
		return "", errors.New("the audit log has a Secret's content")
	}
	return fmt.Sprintf("none in %d events", len(lines(text))), nil
}
