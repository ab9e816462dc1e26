module github.com/hardstrap/hardstrap

go 1.26.0

require (
	github.com/clipperhouse/uax29/v2 v2.2.0 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/mattn/go-runewidth v0.0.31 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
