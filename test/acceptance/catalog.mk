# Make fragment: the facts per Kubernetes minor, made from the real modules.
.PHONY: catalog
catalog: ## Make internal/catalog/data again from the released modules (compiles five Kubernetes releases)
	test/acceptance/catalog.sh
