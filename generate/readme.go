package generate

// readmeView is what the bundle's README tells about this very bundle.
type readmeView struct {
	Name    string
	Version string
}

func readmeDrafts(in *Input) ([]draft, error) {
	s := &source{in: in}
	return s.draft(draft{path: "README.md", template: "README.md.tmpl", mode: 0o644, view: readmeView{Name: in.Name, Version: in.Version}})
}
