module github.com/hardstrap/hardstrap

go 1.26.0
