package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/settings"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func mirrorPodJSON(node, component, argv string) string {
	return fmt.Sprintf(`{"metadata":{"name":"%[2]s-%[1]s","labels":{"component":%[2]q},"annotations":{"kubernetes.io/config.mirror":"x"}},`+
		`"spec":{"nodeName":%[1]q,"containers":[{"name":%[2]q,"command":[%[3]s]}]}}`, node, component, argv)
}

func configMapJSON(key, text string) string {
	return fmt.Sprintf(`{"kind":"ConfigMap","data":{%q:%q}}`, key, text)
}

const keptPath = "/api/v1/namespaces/kube-system/configmaps/"

// small is a cluster of two nodes with all that is read.
func small(t testing.TB) *stub {
	s := newStub(t)
	s.list("/api/v1/nodes", "Node", nodeJSON("w-1", settings.Worker, ""), nodeJSON("cp-1", settings.ControlPlane, ""))
	s.text(configzPath("w-1"), configzJSON)
	s.text(configzPath("cp-1"), configzJSON)
	s.list("/api/v1/namespaces/kube-system/pods", "Pod",
		mirrorPodJSON("cp-1", "kube-apiserver", `"kube-apiserver","--profiling=false","--v","2","--service-account-issuer=a","--service-account-issuer=b"`),
		mirrorPodJSON("cp-1", "kube-controller-manager", `"kube-controller-manager","--leader-elect"`),
		mirrorPodJSON("cp-1", "kube-scheduler", `"/bin/sh","-c","kube-scheduler --profiling=false"`),
		mirrorPodJSON("cp-1", "etcd", `"etcd","-client-cert-auth"`),
		strings.Replace(mirrorPodJSON("cp-1", "kube-apiserver", `"kube-apiserver","--forged"`), "config.mirror", "config.other", 1))
	s.text(keptPath+"kubeadm-config", configMapJSON("ClusterConfiguration", `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.37.0
apiServer:
  extraArgs:
  - {name: profiling, value: "false"}
`))
	s.text(keptPath+"kubelet-config", configMapJSON("kubelet", "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\npodPidsLimit: 100\n"))
	s.text(keptPath+"kube-proxy", configMapJSON("config.conf", "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\n"))
	s.list("/apis/networking.k8s.io/v1/networkpolicies", "NetworkPolicy",
		`{"metadata":{"name":"default-deny","namespace":"shop","managedFields":[{"manager":"x"}]},"spec":{"podSelector":{}},"status":{"x":1}}`)
	return s
}

func TestObserve(t *testing.T) {
	s := small(t)
	got := observed(t, s.kubeconfig(t))
	if len(got) != 3 || got[""].Version != "1.37.0" || got["w-1"].Version != "1.37.1" || got["w-1"].Role != settings.Worker || got["cp-1"].Role != settings.ControlPlane {
		t.Errorf("subjects: %v", got)
	}
	for _, row := range []struct {
		subject, component, account string
		want                        map[string]any
	}{
		{"w-1", settings.Kubelet, "configz", map[string]any{
			"kubelet[worker]:authentication.anonymous.enabled": false, "kubelet[worker]:authentication.webhook.cacheTTL": "2m0s",
			"kubelet[worker]:podPidsLimit": int64(4096), "kubelet[worker]:evictionHard": map[string]any{"memory.available": "100Mi"},
			"kubelet[worker]:staticPodURLHeader": map[string]any{"Authorization": settings.Redacted}}},
		{"cp-1", settings.APIServer, "mirror pod", map[string]any{
			"kube-apiserver:--profiling": "false", "kube-apiserver:--v": "2", "kube-apiserver:--service-account-issuer": []any{"a", "b"}}},
		{"cp-1", settings.ControllerManager, "mirror pod", map[string]any{"kube-controller-manager:--leader-elect": "true"}},
		{"cp-1", settings.Scheduler, "mirror pod", nil},
		{"cp-1", settings.Etcd, "mirror pod", map[string]any{"etcd:--client-cert-auth": "true"}},
		{"", settings.APIServer, "kubeadm-config", map[string]any{"kube-apiserver:--profiling": "false"}},
		{"", settings.Kubeadm, "kubeadm-config", map[string]any{"kubeadm:kubernetesVersion": "v1.37.0"}},
		{"", settings.Kubelet, "kubelet-config", map[string]any{"kubelet[control-plane]:podPidsLimit": int64(100), "kubelet[worker]:podPidsLimit": int64(100)}},
		{"", settings.KubeProxy, "kube-proxy ConfigMap", map[string]any{"kube-proxy:mode": "nftables"}},
		{"", settings.Cluster, "objects", map[string]any{"cluster:NetworkPolicy/shop/default-deny": map[string]any{
			"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": map[string]any{"name": "default-deny", "namespace": "shop"},
			"spec": map[string]any{"podSelector": map[string]any{}}}}},
	} {
		if diff := cmp.Diff(row.want, plainly(got[row.subject], row.component, row.account)); diff != "" {
			t.Errorf("%s of %q by %s (-want +got):\n%s", row.component, row.subject, row.account, diff)
		}
	}
	if diff := cmp.Diff([]string{"the container starts another program, so the flags of kube-scheduler do not show"}, why(got["cp-1"], settings.Scheduler)); diff != "" {
		t.Error(diff)
	}
	if n := len(got[""].Unknown) + len(got["w-1"].Unknown) + len(got["cp-1"].Unknown); n != 1 {
		t.Errorf("%d things are unknown, not the one: %+v", n, got)
	}
	for _, o := range got {
		for _, layer := range o.Layers {
			for _, setting := range layer.Settings {
				if setting.Value.Origin.Source != settings.FromAPI || setting.Value.Origin.File == "" {
					t.Errorf("%s has the origin %+v", setting.Key, setting.Value.Origin)
				}
			}
		}
	}
	for _, r := range s.requests {
		if r.Method != http.MethodGet {
			t.Errorf("%s %s", r.Method, r.URL)
		}
	}
}

func TestTheSameTwice(t *testing.T) {
	o := small(t).kubeconfig(t)
	first, err := Observe(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Observe(t.Context(), o)
	if diff := cmp.Diff(first, second); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

// TestNotRead: whatever an answer is, what it should have shown is unknown and the rest is read.
func TestNotRead(t *testing.T) {
	const policies, nodes, pods = "/apis/networking.k8s.io/v1/networkpolicies", "/api/v1/nodes", "/api/v1/namespaces/kube-system/pods"
	elsewhere := newStub(t)
	t.Cleanup(func() { // after the rows
		if asked := elsewhere.asked(); len(asked) > 0 {
			t.Errorf("another host was asked for %v", asked)
		}
	})
	for name, row := range map[string]struct {
		path               string
		answer             func(s *stub, path string)
		subject, component string
		want               string // what the reason begins with; Paths before it
	}{
		"forbidden":           {policies, func(s *stub, p string) { s.status(p, 403) }, "", settings.Cluster, "NetworkPolicy/ not allowed (403)"},
		"forbidden nodes":     {nodes, func(s *stub, p string) { s.status(p, 403) }, "", settings.Kubelet, "not allowed (403)"},
		"forbidden pods":      {pods, func(s *stub, p string) { s.status(p, 403) }, "cp-1", settings.APIServer, "not allowed (403)"},
		"forbidden ConfigMap": {keptPath + "kubelet-config", func(s *stub, p string) { s.status(p, 403) }, "", settings.Kubelet, "not allowed (403)"},
		"forbidden configz": {configzPath("w-1"), func(s *stub, p string) { s.status(p, 403) }, "w-1", settings.Kubelet,
			"through nodes/configz: a token is not sent to nodes; through nodes/proxy: not allowed (403)"},
		"forbidden version": {"/version", func(s *stub, p string) { s.status(p, 403) }, "", settings.Cluster, "version not allowed (403)"},
		"not served":        {policies, func(s *stub, p string) { s.status(p, 404) }, "", settings.Cluster, "NetworkPolicy/ not found (404)"},
		"not accepted":      {policies, func(s *stub, p string) { s.status(p, 401) }, "", settings.Cluster, "NetworkPolicy/ the credentials are not accepted (401)"},
		"broken off": {policies, func(s *stub, p string) {
			s.answers[p] = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "1000")
				io.WriteString(w, `{"kind":"NetworkPolicyList"`)
			}
		}, "", settings.Cluster, "NetworkPolicy/ the answer breaks off in the middle"},
		"cut JSON":      {policies, func(s *stub, p string) { s.text(p, `{"kind":"NetworkPolicyList","items":[{`) }, "", settings.Cluster, "NetworkPolicy/ the answer is no list of the kind NetworkPolicy: not JSON"},
		"wrong types":   {policies, func(s *stub, p string) { s.text(p, `{"kind":"NetworkPolicyList","items":"hunter2"}`) }, "", settings.Cluster, "NetworkPolicy/ the answer is no list of the kind NetworkPolicy: the field items"},
		"another kind":  {policies, func(s *stub, p string) { s.list(p, "Role") }, "", settings.Cluster, "NetworkPolicy/ the answer is no list"},
		"HTML":          {policies, func(s *stub, p string) { s.text(p, "\n<html>hunter2") }, "", settings.Cluster, "NetworkPolicy/ the answer is HTML"},
		"an empty text": {policies, func(s *stub, p string) { s.text(p, "") }, "", settings.Cluster, "NetworkPolicy/ the answer is no list"},
		"a huge answer": {policies, func(s *stub, p string) {
			s.answers[p] = func(w http.ResponseWriter, _ *http.Request) {
				block := []byte(strings.Repeat(" ", 1<<20))
				for range pageBytes>>20 + 1 {
					w.Write(block)
				}
			}
		}, "", settings.Cluster, "NetworkPolicy/ the answer is larger than 64 MiB"},
		"redirected": {policies, func(s *stub, p string) {
			s.answers[p] = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL+p, http.StatusFound) }
		}, "", settings.Cluster, "NetworkPolicy/ redirected to another host"},
		"redirected in a circle": {policies, func(s *stub, p string) {
			s.answers[p] = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, s.URL+p, http.StatusFound) }
		}, "", settings.Cluster, "NetworkPolicy/ no answer: redirected again and again"},
		"an object without a name": {policies, func(s *stub, p string) { s.list(p, "NetworkPolicy", `{"metadata":{}}`) }, "", settings.Cluster, "NetworkPolicy/ an object of the kind NetworkPolicy has no name"},
		"an object with a key twice": {policies, func(s *stub, p string) {
			s.list(p, "NetworkPolicy", `{"metadata":{"name":"a","namespace":"b"},"spec":1,"spec":2}`)
		},
			"", settings.Cluster, "NetworkPolicy/b/a the object is a key stands twice in one map"},
		"a list that does not end":    {policies, func(s *stub, p string) { s.text(p, list("NetworkPolicy", "again")) }, "", settings.Cluster, "NetworkPolicy/ the list does not end"},
		"a list that changes":         {policies, func(s *stub, p string) { s.status(p, 410) }, "", settings.Cluster, "NetworkPolicy/ the list changes faster"},
		"a node without a name":       {nodes, func(s *stub, p string) { s.list(p, "Node", `{"metadata":{"name":"../x"}}`) }, "", settings.Kubelet, "a node of the list cannot be read"},
		"no ConfigMap":                {keptPath + "kube-proxy", func(s *stub, p string) { s.text(p, `{"kind":"Secret"}`) }, "", settings.KubeProxy, "the answer is no ConfigMap"},
		"a ConfigMap without the key": {keptPath + "kube-proxy", func(s *stub, p string) { s.text(p, `{"kind":"ConfigMap"}`) }, "", settings.KubeProxy, "it has no key config.conf"},
		"a ConfigMap of an older version": {keptPath + "kubeadm-config", func(s *stub, p string) {
			s.text(p, configMapJSON("ClusterConfiguration", "apiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterConfiguration\n"))
		}, "", settings.Kubeadm, "line 1 of ClusterConfiguration: no document of apiVersion"},
		"no configz":        {configzPath("w-1"), func(s *stub, p string) { s.status(p, 405) }, "w-1", settings.Kubelet, "the kubelet of w-1 serves no configz (405)"},
		"no kubeletconfig":  {configzPath("w-1"), func(s *stub, p string) { s.text(p, `{}`) }, "w-1", settings.Kubelet, "the kubelet's answer holds no kubeletconfig"},
		"configz in pieces": {configzPath("w-1"), func(s *stub, p string) { s.text(p, `{"kubeletconfig":{`) }, "w-1", settings.Kubelet, "what the kubelet answers is not JSON: the text ends in the middle"},
		"no kubelet":        {configzPath("w-1"), func(s *stub, p string) { s.status(p, 503) }, "w-1", settings.Kubelet, "the kubelet of w-1 does not answer: answered 503"},
		"a kubelet untrusted": {configzPath("w-1"), func(s *stub, p string) {
			s.answers[p] = func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusServiceUnavailable)
				io.WriteString(w, `{"message":"error trying to reach service: tls: x509: certificate signed by unknown authority"}`)
			}
		}, "w-1", settings.Kubelet, "the kubelet of w-1 does not answer: answered 503, because a certificate is not trusted"},
		"a slow kubelet": {configzPath("w-1"), func(s *stub, p string) {
			s.answers[p] = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		}, "w-1", settings.Kubelet, "the kubelet of w-1 does not answer: no answer within 2s"},
		"an answer that does not end": {policies, func(s *stub, p string) {
			s.answers[p] = func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, `{"kind"`)
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			}
		}, "", settings.Cluster, "NetworkPolicy/ the answer did not end within 2s"},
		"no mirror pod":    {pods, func(s *stub, p string) { s.list(p, "Pod") }, "cp-1", settings.Etcd, "the node shows no mirror pod of etcd, and kubeadm-config tells of no external one"},
		"no control plane": {nodes, func(s *stub, p string) { s.list(p, "Node"); s.list(pods, "Pod") }, "", settings.APIServer, "the API shows no node of the control plane"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := small(t)
			row.answer(s, row.path)
			o := s.kubeconfig(t)
			if strings.Contains(row.want, "2s") {
				o.Timeout = 2 * time.Second
			}
			got := observed(t, o)
			reasons := why(got[row.subject], row.component)
			if !slices.ContainsFunc(reasons, func(s string) bool { return strings.HasPrefix(s, row.want) }) {
				t.Errorf("%q is unknown of %s because of %q, want %q", row.subject, row.component, reasons, row.want)
			}
			if row.path != policies && plainly(got[""], settings.Cluster, "objects") == nil {
				t.Error("the rest was not read")
			}
			if strings.Contains(row.want, "403") && got[row.subject].Unknown[0].Remedy != grant {
				t.Errorf("what to do: %q", got[row.subject].Unknown[0].Remedy)
			}
		})
	}
}

func TestEverythingForbidden(t *testing.T) {
	s := small(t)
	for path := range s.answers {
		s.status(path, 403)
	}
	_, err := Observe(t.Context(), s.kubeconfig(t))
	var config *ConfigError
	if !errors.As(err, &config) || !strings.Contains(config.Remedy, "--print-cluster-role") {
		t.Errorf("error: %v", err)
	}
}

func TestPages(t *testing.T) {
	s := newStub(t)
	expired := true
	s.answers["/apis/rbac.authorization.k8s.io/v1/roles"] = func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		switch {
		case q.Get("limit") != "500":
			w.WriteHeader(http.StatusBadRequest)
		case q.Get("continue") == "":
			io.WriteString(w, list("Role", "t/1+", `{"metadata":{"name":"a","namespace":"n"},"big":12345678901234567890}`))
		case q.Get("continue") == "t/1+" && expired:
			expired = false
			w.WriteHeader(http.StatusGone)
		default:
			io.WriteString(w, list("Role", "", `{"metadata":{"name":"b","namespace":"n"}}`))
		}
	}
	got := observed(t, s.kubeconfig(t))
	if objects := plainly(got[""], settings.Cluster, "objects"); len(objects) != 2 || objects["cluster:Role/n/b"] == nil {
		t.Errorf("objects: %v", objects)
	}
	if reasons := why(got[""], settings.Cluster); len(reasons) != 0 {
		t.Errorf("unknown: %v", reasons)
	}
}

func TestBusy(t *testing.T) {
	s := newStub(t)
	busy := true
	s.answers["/api/v1/nodes"] = func(w http.ResponseWriter, _ *http.Request) {
		if busy {
			busy = false
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		io.WriteString(w, list("Node", "", nodeJSON("a", settings.Worker, "")))
	}
	if got := observed(t, s.kubeconfig(t)); got["a"].Subject != "a" {
		t.Errorf("observations: %v", got)
	}
}

func TestNodesThatAreNotReady(t *testing.T) {
	s := newStub(t)
	s.list("/api/v1/nodes", "Node",
		nodeJSON("silent", settings.Worker, `,"conditions":[{"type":"Ready","status":"Unknown"}]`),
		nodeJSON("away", settings.Worker, `,"conditions":[{"type":"Ready","status":"False"}]`),
		nodeJSON("there", settings.Worker, `,"conditions":[{"type":"Ready","status":"False"}]`))
	s.status(configzPath("away"), 502)
	s.text(configzPath("there"), configzJSON)
	got := observed(t, s.kubeconfig(t))
	for name, want := range map[string][]string{
		"silent": {"the kubelet of silent does not answer: it has stopped reporting"},
		"away":   {"the kubelet of away does not answer, and the node is not ready: answered 502"},
		"there":  nil,
	} {
		if diff := cmp.Diff(want, why(got[name], settings.Kubelet)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if slices.Contains(s.asked(), configzPath("silent")) {
		t.Error("a kubelet that has stopped reporting was asked")
	}
}

// crowd is a cluster of many nodes; enter is called with each kubelet that is asked.
func crowd(t testing.TB, n int, enter func()) *stub {
	s := newStub(t)
	var pages []string
	for from := 0; from < n; from += 200 {
		var items []string
		for i := from; i < min(from+200, n); i++ {
			items = append(items, nodeJSON(fmt.Sprintf("n-%03d", i), settings.Worker, ""))
			s.answers[configzPath(fmt.Sprintf("n-%03d", i))] = func(w http.ResponseWriter, _ *http.Request) {
				enter()
				io.WriteString(w, configzJSON)
			}
		}
		pages = append(pages, strings.Join(items, ","))
	}
	s.answers["/api/v1/nodes"] = func(w http.ResponseWriter, r *http.Request) {
		i := len(r.URL.Query().Get("continue"))
		io.WriteString(w, list("Node", strings.Repeat("x", (i+1)%len(pages)), pages[i]))
	}
	return s
}

func TestManyNodes(t *testing.T) {
	var now, most atomic.Int32
	s := crowd(t, 500, func() {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.Sleep(time.Millisecond)
		now.Add(-1)
	})
	o := s.kubeconfig(t)
	o.Limit = 8
	var steps []int
	o.Progress = func(done, total int) {
		if steps = append(steps, done); total != 500 {
			t.Errorf("of %d", total)
		}
	}
	got := observed(t, o)
	if len(got) != 501 || len(got["n-499"].Layers) != 1 {
		t.Errorf("%d observations", len(got))
	}
	if most.Load() > 8 || most.Load() < 2 {
		t.Errorf("%d at a time", most.Load())
	}
	if len(steps) != 500 || !slices.IsSorted(steps) || steps[499] != 500 {
		t.Errorf("progress: %v", steps)
	}
}

func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var once sync.Once
	s := crowd(t, 300, func() {
		once.Do(cancel)
		time.Sleep(5 * time.Millisecond)
	})
	start := time.Now()
	if _, err := Observe(ctx, s.kubeconfig(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("error: %v", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
}

func BenchmarkObserve500(b *testing.B) {
	s := crowd(b, 500, func() {})
	o := s.kubeconfig(b)
	for b.Loop() {
		got, err := Observe(b.Context(), o)
		if err != nil || len(got) != 501 {
			b.Fatalf("%d observations: %v", len(got), err)
		}
	}
}

// TestUnknownsNameTheirView: one account that is not known must not hide another.
func TestUnknownsNameTheirView(t *testing.T) {
	s := small(t)
	for path := range s.answers {
		if path != "/api/v1/nodes" && path != "/version" {
			s.status(path, http.StatusForbidden)
		}
	}
	accounts := map[string]string{}
	for _, o := range observed(t, s.kubeconfig(t)) {
		for _, u := range o.Unknown {
			accounts[u.Component] += u.Account + ","
			if u.Component == settings.Cluster && len(u.Paths) != 1 {
				t.Errorf("objects are unknown without their kind: %+v", u)
			}
		}
	}
	for component, want := range map[string]string{
		settings.KubeProxy: "kube-proxy ConfigMap,", settings.Kubeadm: "kubeadm-config,", settings.Kubelet: "kubelet-config,", settings.Etcd: "mirror pod,", settings.Cluster: "objects,",
	} {
		if !strings.Contains(accounts[component], want) {
			t.Errorf("%s is unknown in %q, want %q", component, accounts[component], want)
		}
	}
}
