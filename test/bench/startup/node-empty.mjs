console.log("7,10,15,22");
