package catalog

// Default is to come.
func (m *Minor) Default(component, path string) (any, bool) {
	if len(path) > 2 && path[:2] == "--" {
		f, ok := m.Flag(component, path[2:])
		return f.Default, ok
	}
	kind := map[string]string{"kubelet": "KubeletConfiguration", "kube-proxy": "KubeProxyConfiguration"}[component]
	f, ok := m.Field(kind, path)
	return f.Default, ok
}
