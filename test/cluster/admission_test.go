package cluster

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
)

func admissionBehaviours() []behaviour {
	return []behaviour{
		{name: "each Pod Security level admits and refuses the sample pods", plain: same, check: podSecurityLevels},
		{name: "a namespace without labels has the profile's Pod Security level", plain: lacks, shows: "refused false, and should be true", applies: refusesPods, check: podSecurityDefault},
		{name: "a kubelet cannot label another node, nor itself as what it is not", plain: same, check: nodeRestriction},
		{name: "a burst of events is answered with 429", plain: lacks, shows: "none was refused", applies: hasPlugin("EventRateLimit"), check: eventBurst},
		{name: "a pod of the service account default gets no token", plain: lacks, shows: "kube-api-access", applies: keepsTokens, check: noToken},
	}
}

func hasPlugin(name string) func(*cluster) bool {
	return func(c *cluster) bool {
		return strings.Contains(","+c.wants.flags["kube-apiserver"]["enable-admission-plugins"]+",", ","+name+",")
	}
}

// podLevels are sample pods, each allowed from its level on.
func podLevels() map[string]object {
	return map[string]object{
		"restricted": {"securityContext": object{"runAsNonRoot": true}, "containers": []object{wellBehaved("app")}},
		"baseline":   {"containers": []object{{"name": "app", "image": appImage}}},
		"privileged": {"hostPID": true, "containers": []object{{"name": "app", "image": appImage}}},
	}
}

// wellBehaved is a container that the strictest of the profiles has nothing against.
func wellBehaved(name string, args ...string) object {
	return object{
		"name": name, "image": appImage, "args": args, "imagePullPolicy": "Always",
		"resources": object{"requests": object{"cpu": "10m", "memory": "16Mi"}, "limits": object{"memory": "64Mi"}},
		"securityContext": object{
			"allowPrivilegeEscalation": false, "privileged": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
			"capabilities": object{"drop": []string{"ALL"}}, "seccompProfile": object{"type": "RuntimeDefault"},
		},
	}
}

// dry sends a pod to admission without making it.
func (c *cluster) dry(namespace string, spec object) (answer, error) {
	pod := object{"metadata": object{"name": "sample"}, "spec": spec}
	return c.admin.call(http.MethodPost, "/api/v1/namespaces/"+namespace+"/pods?dryRun=All", pod)
}

// strictness orders the levels: a pod of one is allowed where the namespace's is not stricter.
func strictness(level string) int {
	return strings.Index("privileged baseline restricted", level)
}

func podSecurityLevels(c *cluster) (string, error) {
	var saw []string
	for _, level := range []string{"privileged", "baseline", "restricted"} {
		namespace := "level-" + level
		if err := c.admin.namespace(namespace, map[string]string{"pod-security.kubernetes.io/enforce": level}); err != nil {
			return "", err
		}
		said, err := c.judged(namespace, level)
		if err != nil {
			return "", err
		}
		saw = append(saw, said)
	}
	return strings.Join(saw, "; "), nil
}

// judged sends the sample pods into a namespace, and holds what Pod Security says of them against a level.
func (c *cluster) judged(namespace, level string) (string, error) {
	var refused []string
	for _, pod := range []string{"privileged", "baseline", "restricted"} {
		got, err := c.dry(namespace, podLevels()[pod])
		if err != nil {
			return "", err
		}
		// What an admission policy has against it is another matter, and comes after Pod Security.
		if got.status != http.StatusCreated && !strings.Contains(got.message(), "violates PodSecurity") && !strings.Contains(got.message(), "ValidatingAdmissionPolicy") {
			return "", fmt.Errorf("%s: pod for level %s: %d %s", namespace, pod, got.status, got.message())
		}
		violates := got.status == http.StatusForbidden && strings.Contains(got.message(), fmt.Sprintf("violates PodSecurity \"%s:", level))
		if !violates && got.status == http.StatusForbidden && strings.Contains(got.message(), "violates PodSecurity") {
			return "", fmt.Errorf("%s: another level holds: %s", namespace, got.message())
		}
		if wanted := strictness(pod) < strictness(level); violates != wanted {
			return "", fmt.Errorf("%s: pod for level %s: refused %t, and should be %t (%d %s)", namespace, pod, violates, wanted, got.status, got.message())
		}
		if violates {
			refused = append(refused, pod)
		}
	}
	if len(refused) == 0 {
		refused = []string{"none"}
	}
	return fmt.Sprintf("%s refuses: %s", level, strings.Join(refused, ", ")), nil
}

// podSecurityLevel is the level for namespaces without labels.
func (c *cluster) podSecurityLevel() (string, error) {
	documents, err := readYAML(filepath.Join(c.bundles, c.bundle, "host/control-plane/etc/kubernetes/hardstrap/admission/pod-security.yaml"))
	if err != nil {
		return "", err
	}
	return fmt.Sprint(within(documents[0], "defaults", "enforce")), nil
}

func refusesPods(c *cluster) bool {
	level, err := c.podSecurityLevel()
	return err == nil && level != "privileged"
}

func podSecurityDefault(c *cluster) (string, error) {
	level, err := c.podSecurityLevel()
	if err != nil {
		return "", err
	}
	if err := c.admin.namespace("level-default", nil); err != nil {
		return "", err
	}
	return c.judged("level-default", level)
}

// nodeRestriction asks with the certificate of the first node's kubelet.
func nodeRestriction(c *cluster) (string, error) {
	if err := c.admin.create("/api/v1/nodes", object{"metadata": object{"name": "other"}}); err != nil {
		return "", err
	}
	defer func() { _, _ = c.admin.call(http.MethodDelete, "/api/v1/nodes/other", nil) }()
	pem, err := c.first.Read("/var/lib/kubelet/pki/kubelet-client-current.pem")
	if err != nil {
		return "", err
	}
	pair, err := tls.X509KeyPair([]byte(pem), []byte(pem))
	if err != nil {
		return "", errors.New("the kubelet's certificate and key cannot be used")
	}
	kubelet := newAPI(c.first.Address, &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}})
	var saw []string
	for _, try := range []struct{ node, label, reason string }{
		{"other", "example.org/x", `is not allowed to modify node "other"`},
		{c.first.Name, "node-restriction.kubernetes.io/x", "is not allowed to modify labels"},
	} {
		got, err := kubelet.call(http.MethodPatch, "/api/v1/nodes/"+try.node, object{"metadata": object{"labels": object{try.label: "y"}}})
		if err != nil {
			return "", err
		}
		if got.status != http.StatusForbidden || !strings.Contains(got.message(), try.reason) {
			return "", fmt.Errorf("label %s of node %s: %d %s", try.label, try.node, got.status, got.message())
		}
		saw = append(saw, try.reason)
	}
	return strings.Join(saw, "; "), nil
}

// eventBurst makes events, faster than the profile's limits fill up again, until one is refused: of a user who has used
// up the burst.
func eventBurst(c *cluster) (string, error) {
	const most, workers = 8000, 16
	loud := c.admin.impersonating("loud", "system:masters")
	var made, refused atomic.Int64
	var failed atomic.Pointer[error]
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for refused.Load() == 0 && failed.Load() == nil {
				number := made.Add(1)
				if number > most {
					return
				}
				got, err := loud.call(http.MethodPost, "/api/v1/namespaces/kube-public/events", object{
					"metadata":       object{"generateName": "loud-"},
					"involvedObject": object{"kind": "ConfigMap", "namespace": "kube-public", "name": "none"},
				})
				switch {
				case err == nil && got.status == http.StatusTooManyRequests && strings.Contains(got.message(), "limit reached"):
					refused.Store(number)
				case err == nil && got.status != http.StatusCreated:
					err = fmt.Errorf("%d %s", got.status, got.message())
				}
				if err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	wait.Wait()
	if err := failed.Load(); err != nil {
		return "", *err
	}
	if refused.Load() == 0 {
		return "", fmt.Errorf("of %d events none was refused", most)
	}
	return "429: limit reached", nil
}

// keepsTokens says whether the bundle takes the token away from the service account default of kube-public.
func keepsTokens(c *cluster) bool {
	documents, err := readYAML(filepath.Join(c.bundles, c.bundle, "manifests/20-rbac/kube-public.yaml"))
	if err != nil {
		return false
	}
	for _, document := range documents {
		if document["kind"] == "ServiceAccount" && document["automountServiceAccountToken"] == false {
			return true
		}
	}
	return false
}

// noToken looks at the service accounts default of the namespaces that the bundle names, and at what admission makes of
// a pod in kube-public that has it.
func noToken(c *cluster) (string, error) {
	if c.profile != plain {
		for _, namespace := range []string{"default", "kube-node-lease", "kube-public", "kube-system"} {
			got, err := c.admin.must(http.MethodGet, "/api/v1/namespaces/"+namespace+"/serviceaccounts/default", nil)
			if err != nil {
				return "", err
			}
			if got.object()["automountServiceAccountToken"] != false {
				return "", fmt.Errorf("the service account default of %s gives its token away", namespace)
			}
		}
	}
	got, err := c.dry("kube-public", podLevels()["restricted"])
	if err != nil {
		return "", err
	}
	if got.status != http.StatusCreated {
		// These policies refuse such a pod altogether, which also leaves it without a token.
		if strings.Contains(got.message(), "hardstrap-default-service-account") || strings.Contains(got.message(), "hardstrap-token-automount") {
			return "refused: " + firstLine(got.message()), nil
		}
		return "", fmt.Errorf("%d: %s", got.status, got.message())
	}
	if volumes := list(within(got.object(), "spec", "volumes")); len(volumes) > 0 {
		return "", fmt.Errorf("the pod gets %v", within(volumes[0], "name"))
	}
	return "no volume with a token", nil
}
