module example.com/clears

go 1.21
