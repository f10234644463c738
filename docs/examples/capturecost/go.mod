module example.com/capturecost

go 1.24
