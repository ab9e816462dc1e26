package cluster

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

func workloadBehaviours() []behaviour {
	return []behaviour{
		{name: "no container of a new cluster has been restarted", plain: same, check: nothingRestarted},
		{name: "CoreDNS and kube-proxy come back when their pods are deleted", plain: same, check: comesBack},
		{name: "a well-behaved app runs, and answers through a Service", plain: same, check: appAnswers},
		{name: "pods still reach the API server", plain: same, check: podsReachAPI},
		{name: "who no NetworkPolicy lets in reaches nothing", plain: lacks, shows: "(?s)another pod to the backend: connects true.*API server: connects true.*out of the cluster: connects true", check: policiesEnforced},
	}
}

// intoCluster applies what the bundle has for the cluster itself, and the engine for NetworkPolicies.
func (c *cluster) intoCluster() error {
	engine, err := os.ReadFile(filepath.Join(c.root, "test/cluster/testdata/network-policies.yaml"))
	if err != nil {
		return err
	}
	if err := c.first.Write("/run/network-policies.yaml", string(engine), 0o600); err != nil {
		return err
	}
	if c.profile != plain {
		if err := c.applyManifests(); err != nil {
			return err
		}
	} else if err := c.admin.namespace("shop", nil); err != nil {
		return err
	}
	_, err = c.first.Run("kubectl apply --filename /run/network-policies.yaml; kubectl --namespace kube-system rollout status daemonset kube-router --timeout 2m")
	return err
}

// applyManifests runs the README's command for manifests/.
func (c *cluster) applyManifests() error {
	block, err := c.readme.block("Into the cluster", []string{"kubectl apply"})
	if err != nil {
		return err
	}
	said, err := c.first.Run("cd %s\n%s", c.installed(), block)
	if err == nil && strings.Contains(strings.ToLower(said), "warning") {
		err = fmt.Errorf("kubectl apply warns: %s", said)
	}
	return err
}

func comesBack(c *cluster) (string, error) {
	const uids = `kubectl --namespace kube-system get pods --selector 'k8s-app in (kube-dns,kube-proxy)' --output jsonpath='{range .items[*]}{.metadata.uid}{"\n"}{end}'`
	before, err := c.first.Run("%s", uids)
	if err != nil {
		return "", err
	}
	_, err = c.first.Run(`
kubectl --namespace kube-system delete pods --selector 'k8s-app in (kube-dns,kube-proxy)' --wait
kubectl --namespace kube-system rollout status deployment coredns --timeout 3m
kubectl --namespace kube-system rollout status daemonset kube-proxy --timeout 3m`)
	if err == nil {
		err = c.settled(time.Minute)
	}
	if err != nil {
		return "", err
	}
	after, err := c.first.Run("%s", uids)
	if err != nil {
		return "", err
	}
	for _, uid := range lines(after) {
		if strings.Contains(before, uid) {
			return "", errors.New("a pod that was to be deleted is still there")
		}
	}
	return fmt.Sprintf("%d deleted, %d Running again", len(lines(before)), len(lines(after))), nil
}

// appPod is the pod of a well-behaved app that has its own service account without a token.
func appPod(args ...string) object {
	return object{
		"serviceAccountName": "app", "automountServiceAccountToken": false,
		"securityContext": object{"runAsNonRoot": true, "seccompProfile": object{"type": "RuntimeDefault"}},
		"containers":      []object{wellBehaved("app", args...)},
	}
}

func (c *cluster) deployApp() error {
	const shop = "/api/v1/namespaces/shop/"
	if err := c.admin.create(shop+"serviceaccounts", object{"metadata": object{"name": "app"}, "automountServiceAccountToken": false}); err != nil {
		return err
	}
	for name, args := range map[string][]string{
		"backend":  {"serve", ":8080"},
		"frontend": {"serve", ":8080", "http://backend.shop.svc.cluster.local:8080/"},
	} {
		labels := object{"app": name}
		if err := c.admin.create("/apis/apps/v1/namespaces/shop/deployments", object{"metadata": object{"name": name}, "spec": object{
			"selector": object{"matchLabels": labels},
			"template": object{"metadata": object{"labels": labels}, "spec": appPod(args...)},
		}}); err != nil {
			return err
		}
		if err := c.admin.create(shop+"services", object{"metadata": object{"name": name}, "spec": object{
			"selector": labels, "ports": []object{{"port": 8080}},
		}}); err != nil {
			return err
		}
	}
	_, err := c.first.Run("for app in backend frontend; do kubectl --namespace shop rollout status deployment $app --timeout 2m; done")
	if err != nil {
		events, _ := c.first.Run("kubectl --namespace shop get events,pods")
		err = fmt.Errorf("%w\n%s", err, events)
	}
	return err
}

// appAnswers asks the frontend from its own node, which a NetworkPolicy never keeps away, by its Service's address; the frontend asks the backend by its name.
func appAnswers(c *cluster) (string, error) {
	if err := c.deployApp(); err != nil {
		return "", err
	}
	got, err := c.admin.must(http.MethodGet, "/api/v1/namespaces/shop/services/frontend", nil)
	if err != nil {
		return "", err
	}
	client := clientOn(c.worker)
	var said string
	err = eventually(time.Minute, func() error {
		answer, err := client.Get(fmt.Sprintf("http://%s:8080/", within(got.object(), "spec", "clusterIP")))
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
		said = string(body)
		if err == nil && said != "frontend: backend" {
			err = fmt.Errorf("the frontend answers %s %q", answer.Status, said)
		}
		return err
	})
	return said, err
}

// once runs a pod to its end and returns whether its program succeeded.
func (c *cluster) once(namespace, name string, labels object, spec object) (bool, error) {
	spec["restartPolicy"] = "Never"
	collection := "/api/v1/namespaces/" + namespace + "/pods"
	if _, err := c.admin.must(http.MethodPost, collection, object{"metadata": object{"name": name, "labels": labels}, "spec": spec}); err != nil {
		return false, err
	}
	defer func() { _, _ = c.admin.call(http.MethodDelete, collection+"/"+name+"?gracePeriodSeconds=0", nil) }()
	var code any
	err := eventually(2*time.Minute, func() error {
		got, err := c.admin.must(http.MethodGet, collection+"/"+name, nil)
		if err != nil {
			return err
		}
		for _, status := range list(within(got.object(), "status", "containerStatuses")) {
			if code = within(status, "state", "terminated", "exitCode"); code != nil {
				return nil
			}
		}
		return fmt.Errorf("pod %s/%s is %v", namespace, name, within(got.object(), "status", "phase"))
	})
	if err == nil && code != float64(0) && code != float64(1) { // 1 is the program's own no
		err = fmt.Errorf("pod %s/%s ended with %v", namespace, name, code)
	}
	return code == float64(0), err
}

func podsReachAPI(c *cluster) (string, error) {
	if err := c.admin.create("/api/v1/namespaces/kube-system/serviceaccounts", object{"metadata": object{"name": "app"}}); err != nil {
		return "", err
	}
	reached, err := c.once("kube-system", "reaches-api", object{}, appPod("dial", "10.96.0.1:443"))
	if err == nil && !reached {
		err = errors.New("a pod of kube-system cannot connect to the API server's Service")
	}
	return "a pod of kube-system connects to 10.96.0.1:443", err
}

// policiesEnforced gives the engine a while to have looked at pods that are new to it.
func policiesEnforced(c *cluster) (saw string, err error) {
	patience := 90 * time.Second
	if c.profile == plain {
		patience = 0
	}
	err = eventually(patience, func() (err error) { saw, err = c.tryWays(); return err })
	return saw, err
}

// tryWays tries the ways that no policy opens, and one that shows that the trying itself works.
func (c *cluster) tryWays() (string, error) {
	got, err := c.admin.must(http.MethodGet, "/api/v1/namespaces/shop/pods?labelSelector=app%3Dbackend", nil)
	if err != nil {
		return "", err
	}
	pods := list(within(got.object(), "items"))
	if len(pods) != 1 {
		return "", fmt.Errorf("%d pods of the backend", len(pods))
	}
	backend := fmt.Sprint(within(pods[0], "status", "podIP"), ":8080")
	tries := []struct {
		what, app, to string
		open          bool
	}{
		{"the frontend to the backend", "frontend", backend, true},
		{"another pod to the backend", "other", backend, false},
		{"the frontend to the API server", "frontend", "10.96.0.1:443", false},
		{"the frontend out of the cluster", "frontend", c.registry.Address, false},
	}
	saw, failed := make([]string, len(tries)), make([]error, len(tries))
	var wait sync.WaitGroup
	for i, try := range tries {
		name := c.fresh("dials")
		wait.Go(func() {
			reached, err := c.once("shop", name, object{"app": try.app}, appPod("dial", try.to))
			if err == nil && reached != try.open {
				err = fmt.Errorf("%s: connects %t, and should %t", try.what, reached, try.open)
			}
			saw[i], failed[i] = fmt.Sprintf("%s: %s", try.what, map[bool]string{true: "connects", false: "nothing"}[reached]), err
		})
	}
	wait.Wait()
	return strings.Join(saw, "; "), errors.Join(failed...)
}

func nothingRestarted(c *cluster) (string, error) {
	got, err := c.admin.must(http.MethodGet, "/api/v1/pods", nil)
	if err != nil {
		return "", err
	}
	containers := 0
	for _, pod := range list(within(got.object(), "items")) {
		for _, status := range append(list(within(pod, "status", "containerStatuses")), list(within(pod, "status", "initContainerStatuses"))...) {
			containers++
			if count := within(status, "restartCount"); count != float64(0) {
				return "", fmt.Errorf("%v: container %v restarted %v times: %v", within(pod, "metadata", "name"), within(status, "name"), count, within(status, "lastState"))
			}
		}
	}
	if containers < 4+3*len(c.nodes) {
		return "", fmt.Errorf("only %d containers run", containers)
	}
	return fmt.Sprintf("%d containers", containers), nil
}
