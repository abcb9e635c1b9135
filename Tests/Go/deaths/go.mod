module example.com/deaths

go 1.21
