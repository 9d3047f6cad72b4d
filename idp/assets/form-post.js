// Sends the answer to the application without a click. Without this file the button does the same.
"use strict";
document.getElementById("form-post").submit();
