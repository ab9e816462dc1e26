package acceptance

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// manifests applies the bundle's manifests to the kube-apiserver that runs, in order, with strict field validation.
func (r *run) manifests() error {
	files := r.b.below("manifests")
	if len(files) == 0 || r.apiServerAddress == "" {
		return nil
	}
	api, err := newAPI(r)
	if err != nil {
		return err
	}
	var problems []error
	for _, file := range files {
		documents, err := documentsOf(r.b.path(file))
		if err != nil {
			problems = append(problems, err)
			continue
		}
		for _, content := range documents {
			if err := api.apply(content); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", file, err))
			}
		}
		if len(problems) == 0 {
			r.b.accept("kube-apiserver", file)
		}
	}
	return errors.Join(problems...)
}

// typeChecked waits until kube-controller-manager has type-checked the admission policies that were applied, and
// returns what it warns of (pkg/controller/validatingadmissionpolicystatus).
func (r *run) typeChecked(p *process) error {
	if !slices.ContainsFunc(r.b.below("manifests"), func(file string) bool { return strings.Contains(file, "admission") }) || r.apiServerAddress == "" {
		return nil
	}
	api, err := newAPI(r)
	if err != nil {
		return err
	}
	type policy struct {
		Metadata struct {
			Name       string
			Generation int
		}
		Status struct {
			ObservedGeneration int
			TypeChecking       struct {
				ExpressionWarnings []struct{ FieldRef, Warning string }
			}
		}
	}
	var list struct{ Items []policy }
	var failed error
	err = p.until("type-check the admission policies", func() bool {
		var answer []byte
		if answer, failed = api.do(http.MethodGet, "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies", "", http.StatusOK); failed != nil {
			return false
		}
		list.Items = nil
		failed = yaml.Unmarshal(answer, &list)
		return failed == nil && len(list.Items) > 0 && !slices.ContainsFunc(list.Items, func(p policy) bool {
			return p.Status.ObservedGeneration != p.Metadata.Generation
		})
	})
	if err != nil {
		return errors.Join(err, failed)
	}
	var problems []error
	for _, p := range list.Items {
		for _, w := range p.Status.TypeChecking.ExpressionWarnings {
			problems = append(problems, fmt.Errorf("%s: %s: %s", p.Metadata.Name, w.FieldRef, w.Warning))
		}
	}
	return errors.Join(problems...)
}

// api is a cluster administrator's access to the kube-apiserver that runs.
type api struct {
	base   string
	client *http.Client
}

func newAPI(r *run) (*api, error) {
	// kubeadm signs the API server's own client certificates for the group that may do everything.
	admin, err := documentsOf(r.on("/etc/kubernetes/super-admin.conf"))
	if err != nil || len(admin) != 1 {
		return nil, fmt.Errorf("super-admin.conf: %w", err)
	}
	certificate, err := clientCertificate(admin[0])
	if err != nil {
		return nil, err
	}
	return &api{base: "https://" + r.apiServerAddress, client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{certificate}},
	}}}, nil
}

// do sends one request and returns the answer's body, which is an error unless its status is one of good.
func (a *api) do(method, path, body string, good ...int) ([]byte, error) {
	request, err := http.NewRequest(method, a.base+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/yaml")
	request.Header.Set("Accept", "application/json")
	if method == http.MethodPatch {
		request.Header.Set("Content-Type", "application/apply-patch+yaml")
	}
	response, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && !slices.Contains(good, response.StatusCode) {
		err = fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return answer, err
}

// apply applies one object as `kubectl apply --server-side --validate=strict` does.
func (a *api) apply(object document) error {
	version, kind := fmt.Sprint(object["apiVersion"]), fmt.Sprint(object["kind"])
	base := "/apis/" + version
	if !strings.Contains(version, "/") {
		base = "/api/" + version
	}
	answer, err := a.do(http.MethodGet, base, "", http.StatusOK)
	if err != nil {
		return err
	}
	var list struct {
		Resources []struct {
			Name, Kind string
			Namespaced bool
		}
	}
	if err := yaml.Unmarshal(answer, &list); err != nil {
		return err
	}
	metadata := at(object, "metadata")
	for _, resource := range list.Resources {
		if resource.Kind != kind || strings.Contains(resource.Name, "/") {
			continue
		}
		path := base
		if resource.Namespaced {
			namespace, ok := metadata["namespace"].(string)
			if !ok {
				namespace = "default"
			}
			if err := a.namespace(namespace); err != nil {
				return err
			}
			path += "/namespaces/" + namespace
		}
		body, err := yaml.Marshal(object)
		if err != nil {
			return err
		}
		_, err = a.do(http.MethodPatch, fmt.Sprintf("%s/%s/%v?fieldManager=acceptance&force=true&fieldValidation=Strict", path, resource.Name, metadata["name"]),
			string(body), http.StatusOK, http.StatusCreated)
		return err
	}
	return fmt.Errorf("%s has no %s", version, kind)
}

// namespace makes a namespace that the manifests take for granted: those that Kubernetes makes a moment later, and
// the cluster's own.
func (a *api) namespace(name string) error {
	_, err := a.do(http.MethodPost, "/api/v1/namespaces", `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"`+name+`"}}`,
		http.StatusCreated, http.StatusConflict)
	return err
}
